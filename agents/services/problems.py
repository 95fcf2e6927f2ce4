"""What is wrong with given values, field by field, and the one refusal that tells all of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from accounts.text import problem_with_json
from agents.exceptions import InvalidInput

Problems: TypeAlias = dict[str, list[str]]
"""By field: sentences that say what to fix."""

REASON_LIMIT = 160  # characters; a rollback puts its number in front


def problems_of(error: ValidationError, *, known: Iterable[str]) -> Problems:
    """What pydantic found, under the name of the field that it was found in."""
    problems: defaultdict[str, list[str]] = defaultdict(list)
    for found in error.errors(include_url=False, include_input=False):
        field, *place = found["loc"] or ("",)
        problems[str(field)].append(_sentence(found, place, known))
    return dict(problems)


def _sentence(found: ErrorDetails, place: Iterable[int | str], known: Iterable[str]) -> str:
    match found["type"]:
        case "extra_forbidden":
            return f"There is no such field. There are: {', '.join(known)}."
        case "missing":
            return "This is missing."
    where = "".join(f"[{part}]" for part in place)
    text = found["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{where}: {text}." if where else f"{text}."


def _storable(text: str) -> str:
    if problem := problem_with_json(text):
        raise ValueError(problem)
    return text


Storable = AfterValidator(_storable)
"""For texts in pydantic's models: refuses what the database cannot store."""

Reason: TypeAlias = Annotated[str, StringConstraints(max_length=REASON_LIMIT), Storable]


def problems_with_reason(reason: str) -> Problems:
    try:
        TypeAdapter(Reason).validate_python(reason)
    except ValidationError as error:
        return {"reason": problems_of(error, known=())[""]}
    return {}


def refuse(problems: Mapping[str, list[str]]) -> None:
    """Raise InvalidInput with all problems in its `details`, if there are any."""
    if problems:
        field, texts = next(iter(problems.items()))
        raise InvalidInput(f"Nothing was changed. `{field}`: {texts[0]}", details=problems)
