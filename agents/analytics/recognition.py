"""Which column of a file becomes which normalised column: by its name, or as the user maps it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from agents.analytics import spellings
from agents.analytics.schema import BY_NAME, MEASURES, SOURCED, UNITS, Column, Kind
from agents.exceptions import InvalidInput, UnreadableFile

NAMES_SHOWN = 30  # column names that an error or a profile lists


class MappedColumn(BaseModel):
    """A column of the file with the unit of its values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    unit: str | None = None


Given = Mapping[str, str | MappedColumn | None]
_MAPPING: TypeAdapter[Given] = TypeAdapter(Given)


@dataclass(frozen=True, slots=True)
class Choice:
    """A column of the file that becomes the normalised column `target`."""

    target: Column
    source: str
    unit: str | None  # one of UNITS; None: the normalised one, or to be read from the values


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is read, which columns are not, and sentences about what was not certain."""

    choices: list[Choice]
    ignored: list[str]
    assumptions: list[str]


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a spelling means; the lower the rank, the more it tells."""

    rank: int
    target: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class _Hit:
    """A column whose name, without `dropped` leading parts, is a known spelling."""

    column: str
    dropped: int
    rank: int
    target: str
    unit: str | None

    @property
    def order(self) -> tuple[int, int, bool]:
        """Of two hits for one target the smaller is read: it tells more, its unit included."""
        return self.dropped, self.rank, self.unit is None


def recognise(columns: Sequence[str], mapping: Mapping[str, Any] | None = None) -> Recognised:
    """
    Choose a source among `columns` for each normalised column.

    `mapping` goes before recognition: `{"latency_ms": "took"}`, with a unit
    `{"latency_ms": {"column": "took", "unit": "s"}}`, or None for "read no column as this one".
    Raises InvalidInput for a mapping that names what does not exist, and UnreadableFile when
    nothing that could be measured is found.
    """
    chosen = _mapped(columns, mapping or {})
    assumptions = []
    for target, hits in _hits_by_target(columns, chosen).items():
        best, *others = sorted(hits, key=lambda hit: hit.order)
        chosen[target] = Choice(BY_NAME[target], best.column, best.unit)
        if others:
            names = ", ".join(repr(other.column) for other in others)
            assumptions.append(
                f"{target} is read from {best.column!r}; {names} would fit too and is ignored."
            )
    choices = [choice for column in SOURCED if (choice := chosen.get(column.name))]
    if not MEASURES.intersection(choice.target.name for choice in choices):
        raise UnreadableFile(_nothing_found(columns))
    used = {choice.source for choice in choices}
    return Recognised(choices, [name for name in columns if name not in used], assumptions)


def _hits_by_target(
    columns: Sequence[str], mapped: Mapping[str, Choice | None]
) -> dict[str, list[_Hit]]:
    taken = {choice.source for choice in mapped.values() if choice}
    hits: dict[str, list[_Hit]] = {}
    for column in columns:
        hit = None if column in taken else _hit(column)
        if hit and hit.target not in mapped:
            hits.setdefault(hit.target, []).append(hit)
    return hits


def how_many_recognised(columns: Sequence[str]) -> int:
    return sum(_hit(column) is not None for column in columns)


def fold(name: str) -> str:
    """A name without case, spaces, dashes, dots, underscores and other signs."""
    return "".join(character for character in name.casefold() if character.isalnum())


def listed(names: Sequence[str]) -> str:
    """`'a', 'b' and 3 more`: as many names as a sentence can hold."""
    shown = ", ".join(repr(name[:80]) for name in names[:NAMES_SHOWN])
    rest = len(names) - NAMES_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def _hit(column: str) -> _Hit | None:
    parts = [part for part in re.split(r"[./]", column) if part]
    for dropped in range(len(parts)):
        if meaning := _spellings().get(fold("".join(parts[dropped:]))):
            return _Hit(column, dropped, meaning.rank, meaning.target, meaning.unit)
    return None


@cache
def _spellings() -> dict[str, _Meaning]:
    """Every folded spelling with what it means; where two columns share one, the first has it."""
    table: dict[str, _Meaning] = {}
    for target, words in spellings.PLAIN.items():
        endings = _endings(BY_NAME[target].kind)
        for rank, word in enumerate(words.split()):
            if word not in spellings.NEEDS_UNIT:
                table.setdefault(word, _Meaning(rank, target, None))
            for ending, unit in endings.items():
                table.setdefault(word + ending, _Meaning(rank, target, unit))
    for words, target, unit in spellings.WITH_UNIT:
        for rank, word in enumerate(words.split(), start=len(table)):
            table.setdefault(word, _Meaning(rank, target, unit))
    return table


def _endings(kind: Kind) -> dict[str, str]:
    """What a name of this kind may end with, and the unit that it means."""
    if kind in (Kind.DURATION, Kind.TIME):
        return spellings.TIME_ENDINGS
    return spellings.MONEY_ENDINGS if kind is Kind.MONEY else {}


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
    unit = wanted.unit or _unit_in_name(wanted.column, column.kind)
    return Choice(column, wanted.column, unit)


def _unit_in_name(name: str, kind: Kind) -> str | None:
    """The unit that a column's name ends with, as in `took_s`; None if it says none."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return _endings(kind).get(words[-1].lower()) if len(words) > 1 else None


def _nothing_found(columns: Sequence[str]) -> str:
    if not columns:
        return "The file has no columns that hold single values."
    measures = ", ".join(column.name for column in SOURCED if column.name in MEASURES)
    return (
        f"None of the columns is recognised as one of a usage log. The file has {listed(columns)}. "
        f"Say which is which with a mapping to {measures}, "
        'for example {"input_tokens": "my column", "timestamp": "when"}.'
    )
