"""Which column of a file becomes which normalised column: by its name, or as the user maps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from agents.analytics import spellings
from agents.analytics.names import Hit, hit, is_any, unit_of
from agents.analytics.schema import (
    BY_NAME,
    CLOCK,
    CLUES,
    MEASURES,
    PROJECT,
    SOURCED,
    UNITS,
    Column,
)
from agents.exceptions import InvalidInput, UnreadableFile

MOST_COLUMNS = 10_000
NAMES_SHOWN = 30  # column names that an error or a profile lists
OTHERS_SHOWN = 5  # columns that would fit too


class MappedColumn(BaseModel):
    """A column of the file with the unit of its values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    unit: str | None = None


Given = Mapping[str, str | MappedColumn | None]
_MAPPING: TypeAdapter[Given] = TypeAdapter(Given)


@dataclass(frozen=True, slots=True)
class Choice:
    """A column of the file that becomes the normalised column `target`, or a clue."""

    target: Column
    source: str
    unit: str | None  # one of UNITS; None: the normalised one, or to be read from the values
    is_mapped: bool = False  # by the user, so that nothing about it is doubted


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is read, clues included, and by target a sentence on what was not certain."""

    choices: list[Choice]
    doubts: Mapping[str, str]


def recognise(columns: Sequence[str], mapping: Mapping[str, Any] | None = None) -> Recognised:
    """
    Choose a source among `columns` for each normalised column.

    `mapping` goes before recognition: `{"latency_ms": "took"}`, with a unit
    `{"latency_ms": {"column": "took", "unit": "s"}}`, or None for "read no column as this one".
    Raises InvalidInput for a mapping that names what does not exist, and UnreadableFile when
    nothing that could be measured is found.
    """
    chosen = _mapped(columns, mapping or {})
    doubts: dict[str, str] = {}
    found = _hits_by_target(columns, chosen)
    # Last, because the project may be told by a column that might be another one.
    for target, hits in sorted(found.items(), key=lambda item: item[0] in ("user_id", "feature")):
        best, *others = sorted(hits, key=lambda found: found.order)
        column = (BY_NAME | CLUES)[target]
        chosen[target] = Choice(column, best.column, best.meaning.unit)
        if target == "timestamp" and (day := _day_of(best, others)):
            others.remove(day)
            chosen[target] = Choice(column, day.column, None)
            chosen[CLOCK.name] = Choice(CLOCK, best.column, None)
        if target in ("user_id", "feature") and (project := _project_of(others, chosen)):
            others.remove(project)
            chosen[PROJECT.name] = Choice(PROJECT, project.column, None)
        if others and target in BY_NAME:
            names = listed([other.column for other in others], OTHERS_SHOWN)
            verb = "is" if len(others) == 1 else "are"
            doubts[target] = (
                f"{target} is read from {best.column!r}; {names} would fit too and {verb} ignored."
            )
    wanted = (*SOURCED, *CLUES.values())
    choices = [choice for column in wanted if (choice := chosen.get(column.name))]
    if not MEASURES.intersection(choice.target.name for choice in choices):
        raise UnreadableFile(_nothing_found(columns))
    return Recognised(choices, doubts)


def _day_of(clock: Hit, others: Sequence[Hit]) -> Hit | None:
    """Where the best source of times may be a time of day: the column with the days."""
    if not is_any(clock.column, spellings.CLOCKS):
        return None
    return next((other for other in others if is_any(other.column, spellings.DATES)), None)


def _project_of(others: Sequence[Hit], chosen: Mapping[str, Choice | None]) -> Hit | None:
    """Of columns that might be the user or the feature, one that says who paid."""
    if PROJECT.name in chosen:
        return None
    return next((other for other in others if is_any(other.column, spellings.ALSO_PROJECT)), None)


def _hits_by_target(
    columns: Sequence[str], mapped: Mapping[str, Choice | None]
) -> dict[str, list[Hit]]:
    taken = {choice.source for choice in mapped.values() if choice}
    hits: dict[str, list[Hit]] = {}
    for column in columns:
        found = None if column in taken else hit(column)
        if found and found.meaning.target not in mapped:
            hits.setdefault(found.meaning.target, []).append(found)
    return hits


def has_measure(columns: Sequence[str]) -> bool:
    """Whether any of the columns, by its name, holds something that can be measured."""
    hits = (hit(column) for column in columns)
    return any(found and found.meaning.target in MEASURES for found in hits)


def check_width(columns: Sequence[str]) -> None:
    """Raises UnreadableFile for more columns than any log has: to look at a million takes 40 s."""
    if len(columns) > MOST_COLUMNS:
        raise UnreadableFile(
            f"The file has {len(columns):,} columns; more than {MOST_COLUMNS:,} cannot be read. "
            "Upload only those that are needed."
        )


def how_many_recognised(columns: Sequence[str]) -> int:
    return sum(hit(column) is not None for column in columns)


def listed(names: Sequence[str], most: int = NAMES_SHOWN) -> str:
    """`'a', 'b' and 3 more`: as many names as a sentence can hold."""
    shown = ", ".join(repr(name[:80]) for name in names[:most])
    rest = len(names) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def _mapped(columns: Sequence[str], mapping: Mapping[str, Any]) -> dict[str, Choice | None]:
    try:
        given = _MAPPING.validate_python(mapping)
    except ValidationError as error:
        raise InvalidInput(
            "The mapping must be an object such as "
            '{"latency_ms": "took"} or {"latency_ms": {"column": "took", "unit": "s"}}.'
        ) from error
    return {target: _choice(columns, target, source) for target, source in given.items()}


def _choice(
    columns: Sequence[str], target: str, source: str | MappedColumn | None
) -> Choice | None:
    column = next((column for column in SOURCED if column.name == target), None)
    if column is None:
        names = ", ".join(column.name for column in SOURCED)
        raise InvalidInput(f"The mapping names {target[:80]!r}; a column can be mapped to {names}.")
    if source is None:
        return None
    wanted = MappedColumn(column=source) if isinstance(source, str) else source
    if wanted.column not in columns:
        raise InvalidInput(
            f"The mapping reads {target} from {wanted.column[:80]!r}, which the file does not "
            f"have. It has {listed(columns)}."
        )
    units = UNITS.get(column.kind, ())
    if wanted.unit is not None and wanted.unit not in units:
        possible = f"use {', '.join(units)}" if units else "it has no unit to choose"
        raise InvalidInput(f"The mapping gives {target} the unit {wanted.unit[:80]!r}: {possible}.")
    unit = wanted.unit or unit_of(wanted.column, column.kind)
    return Choice(column, wanted.column, unit, is_mapped=True)


def _nothing_found(columns: Sequence[str]) -> str:
    if not columns:
        return "The file has no columns that hold single values."
    measures = ", ".join(column.name for column in SOURCED if column.name in MEASURES)
    return (
        f"None of the columns is recognised as one of a usage log. The file has {listed(columns)}. "
        f"Say which is which with a mapping to {measures}, "
        'for example {"input_tokens": "my column", "timestamp": "when"}.'
    )
