"""Which requests a question is restricted to: values it names, limits it sets, an outcome."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.analytics.filters import Column, Condition
from agents.analytics.groups import GroupBy
from agents.analytics.naming import NamedValue
from agents.llm.builtin.asking.vocabulary import PATTERNS

TAKEN = " ; "  # stands where something was read, so that its neighbours do not become one phrase

_EXCLUDING = re.compile(
    r"(?:excluding|excludes?|except(?: for)?|without|other than|but not|not(?: for| by| from| in)?"
    r"|besides|apart from|leaving out|ignoring|minus)"
    r"(?: (?:the|all|model|feature|user|and|or|;))*[ `\"']*$"
)
_TARGET = re.compile(r"\b(?:switch|mov|migrat|replac)\w* .*\b(?:to|with|by)[ `\"']*$")
_NOT_HELD = re.compile(
    r"\b(?:gpt|claude|gemini|llama|mistral|mixtral|deepseek|qwen|grok|command|o[134])-[\w.:-]*\w"
    r"|`([^`]{1,60})`|\b(?:user|customer|feature)s? ([a-z]*[-_.]?\d[\w.-]*|\w+[_]\w+)\b"
    r"|\b(?:user|customer)[-_]\w+\b"
)
_NUMBER = r"\$? ?(?P<number>\d[\d,]*(?:\.\d+)?) ?(?P<scale>k\b)?"
_LIMIT = re.compile(
    r"\b(?:(?P<above>(?:took |taking |lasting )?(?:longer|slower|more|greater|larger|bigger|higher)"
    r" than|over|above|exceed(?:s|ed|ing)?|at least)"
    r"|(?P<below>(?:took |taking )?(?:faster|quicker|shorter|less|fewer|smaller|lower|cheaper)"
    rf" than|under|below|at most)) {_NUMBER} ?"
    r"(?P<unit>milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|(?:input |prompt |output |"
    r"completion |answer )?tokens|usd|dollars?|cents?)?(?!\w)"
)
_MILLISECONDS = {"m": 1.0, "s": 1000.0, "min": 60_000.0}
_FAILED = re.compile(
    r"\b(?:failed|failing|unsuccessful|broken)(?: (?:ones|requests|calls))"
    r"|\b(?:of|by|for|did|do|on|from) (?:the |our |all )?(?:failed|failures?|errors)\b"
    r"(?: requests| calls)?"
)
_SUCCEEDED = re.compile(r"\b(?:successful|succeeded)(?: (?:ones|requests|calls))?\b")

COLUMNS: dict[str, GroupBy] = {
    "model": "model",
    "feature": "feature",
    "user": "user",
    "error": "error",
}


@dataclass(frozen=True, slots=True)
class Restrictions:
    """`groups`: columns of which several values are named one by one, to be compared."""

    where: tuple[Condition, ...] = ()
    groups: tuple[GroupBy, ...] = ()
    target: str | None = None  # the model that a switch leads to
    absent: tuple[str, ...] = ()  # what the question names and the data does not hold
    unclear: tuple[str, ...] = ()  # limits with two readings
    rest: str = ""  # the question without all this


def restrictions_in(plain: str, named: Sequence[NamedValue]) -> Restrictions:
    """Read from a question in lower case; `named` are the values of the data in it."""
    rest, target = plain, None
    kept: dict[tuple[Column, bool], dict[str, list[str | float]]] = {}
    for said in sorted({value.said for value in named}, key=len, reverse=True):
        found = re.search(rf"(?<!\w){re.escape(said)}(?!\w)", rest)
        if found is None:
            continue
        before = rest[: found.start()]
        rest = f"{before}{TAKEN}{rest[found.end() :]}"
        if _TARGET.search(before):
            target = said
            continue
        is_excluded = bool(_EXCLUDING.search(before.replace(";", "").rstrip() + " "))
        for value in named:
            if value.said == said:
                group = kept.setdefault((value.column, is_excluded), {})
                group.setdefault(said, []).append(value.value)
    where = [
        Condition(
            column=column,
            operator="is not" if is_excluded else "is",
            values=[value for values in by_said.values() for value in values],
        )
        for (column, is_excluded), by_said in kept.items()
    ]
    groups = [
        COLUMNS[column]
        for (column, is_excluded), by_said in kept.items()
        if len(by_said) > 1 and not is_excluded
    ]
    absent, rest = _absent(rest)
    limits, unclear, rest = _limits(rest)
    outcome, rest = _outcome(rest)
    return Restrictions((*where, *limits, *outcome), tuple(groups), target, absent, unclear, rest)


def _absent(rest: str) -> tuple[tuple[str, ...], str]:
    """What looks like a name and is none that the data holds."""
    found: dict[str, None] = {}

    def take(match: re.Match[str]) -> str:
        said = match.group(1) or match.group(2) or match.group()
        if any(pattern.fullmatch(said) for pattern, _ in PATTERNS):
            return f" {said} "  # a topic in quotes is one all the same
        found[said] = None
        return TAKEN

    rest = _NOT_HELD.sub(take, rest)
    return tuple(found), rest


def _limits(rest: str) -> tuple[list[Condition], tuple[str, ...], str]:
    limits, unclear = [], []
    for match in list(_LIMIT.finditer(rest)):
        if (limit := _limit(match, rest)) is not None:
            limits.append(limit)
        elif match["unit"]:
            unclear.append(match.group())
        else:
            continue
        rest = rest.replace(match.group(), TAKEN, 1)
    return limits, tuple(unclear), rest


def _limit(match: re.Match[str], question: str) -> Condition | None:
    """None for a number without a unit, and for tokens that may be input or output."""
    unit = match["unit"] or ""
    number = float(match["number"].replace(",", "")) * (1000 if match["scale"] else 1)
    column: Column
    if "$" in match.group() or unit.startswith(("usd", "dollar", "cent")):
        column, number = "cost_usd", number / 100 if unit.startswith("cent") else number
    elif unit.endswith("tokens"):
        said = question if unit == "tokens" else unit
        is_output = re.search(r"output|completion|answer|response", said)
        is_input = re.search(r"input|prompt|context", said)
        if bool(is_output) == bool(is_input):
            return None
        column = "output_tokens" if is_output else "input_tokens"
    elif unit:
        scale = "min" if unit.startswith("min") else unit[0]
        is_first = re.search(r"first token|ttft", question)
        column, number = "ttft_ms" if is_first else "latency_ms", number * _MILLISECONDS[scale]
    else:
        return None
    return Condition(
        column=column, operator="above" if match["above"] else "below", values=[number]
    )


def _outcome(rest: str) -> tuple[list[Condition], str]:
    for pattern, outcome in ((_SUCCEEDED, "succeeded"), (_FAILED, "failed")):
        without = pattern.sub(TAKEN, rest)
        # "How many failed requests?" asks for a count, "cost of failed requests" restricts.
        if without != rest and _asks_more(without):
            return [Condition(column="outcome", values=[outcome])], without
    return [], rest


def _asks_more(rest: str) -> bool:
    return bool(re.search(r"cost|spen[dt]|money|\$|latenc|slow|fast|long|tokens?\b", rest))
