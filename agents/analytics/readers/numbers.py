"""How a file writes its numbers: which mark stands before decimals, and what stands for nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection

from agents.analytics.readers.ask import Answers, ask, how_many
from agents.analytics.readers.digits import is_open, is_open_and_no_whole, shows_decimals
from agents.analytics.readers.fields import DecimalMark, Field, Reading, Weight
from agents.analytics.readers.outcomes import words
from agents.analytics.readers.values import digits
from agents.analytics.schema import CLUES, Kind
from agents.analytics.wording import counted

NUMBERS = (Kind.COUNT, Kind.DURATION, Kind.MONEY)
MINUS_ONE = ("-1", "-1.0")  # written by programs that have no other sign for "unknown"
MARK_WORDS = {DecimalMark.POINT: "a point", DecimalMark.COMMA: "a comma"}


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """
    What a format tells about its numbers.

    `usual` is the mark before decimals where the values leave it open. Numbers that `are_typed`
    have no other mark and no groups, unless they are in a text. Only where the `comma_is_free`
    would a program for people write numbers as its readers do, decimals included.
    """

    usual: DecimalMark = DecimalMark.POINT
    are_typed: bool = False
    comma_is_free: bool = False


def settle_numbers(connection: DuckDBPyConnection, reading: Reading, style: NumberStyle) -> Reading:
    """Decide for each column of numbers what its marks mean."""
    fields = [field for field in reading.fields.values() if field.target.kind in NUMBERS]
    seen = ask(connection, reading.cells, dict(_first_look(fields)))
    fields = [_with_units(field, seen) for field in fields]
    reading = _without_minus_ones(reading, fields, seen)
    fields = [reading.fields[field.name] for field in fields]
    if not _has_marks(fields, seen, style):
        return reading
    if style.are_typed:
        return reading.having(*(replace(field, mark=style.usual) for field in fields))
    return _marked(connection, reading, fields, style.usual)


def _first_look(fields: Iterable[Field]) -> Iterable[tuple[str, str]]:
    """Cheap questions, since most files have plain numbers only."""
    for field in fields:
        cell = field.cell
        yield f"commas {field.name}", how_many(f"contains({cell}, ',')")
        yield f"points {field.name}", how_many(f"contains({cell}, '.')")
        yield f"unknown {field.name}", how_many(f"{cell} IN {words(MINUS_ONE)}")
        if field.target.kind is Kind.DURATION:
            yield f"letters {field.name}", how_many(f"right({cell}, 1) > '9' OR {cell} LIKE '%:%'")


def _with_units(field: Field, seen: Answers) -> Field:
    return replace(field, has_units=bool(seen.get(f"letters {field.name}")))


def _without_minus_ones(reading: Reading, fields: Iterable[Field], seen: Answers) -> Reading:
    for field in fields:
        if found := seen[f"unknown {field.name}"]:
            cell = f"CASE WHEN {field.cell} NOT IN {words(MINUS_ONE)} THEN {field.cell} END"
            field = replace(field, cell=cell)
            sentence = f"-1 in {field.source!r} ({counted(found, 'row')}) is read as no value."
            reading = reading.saying(Weight.STATES, sentence)
        reading = reading.having(field)
    return reading


def _has_marks(fields: Iterable[Field], seen: Answers, style: NumberStyle) -> bool:
    """Whether any number is written in a way that needs a decision, or more than a cast."""
    return any(
        seen[f"commas {field.name}"]
        or (
            seen[f"points {field.name}"]
            and (style.comma_is_free or field.target.kind is Kind.COUNT)
        )
        for field in fields
    )


def _marked(
    connection: DuckDBPyConnection, reading: Reading, fields: Iterable[Field], usual: DecimalMark
) -> Reading:
    seen = ask(connection, reading.cells, dict(_marks(fields)))
    own = {field.name: _own_mark(field, seen) for field in fields}
    weak = {field.name for field in fields if _has_whole_groups_only(field, seen)}
    proven = {mark for name, mark in own.items() if mark and name not in weak}
    of_file = proven.pop() if len(proven) == 1 else None
    for field in fields:
        name = field.name
        first, second = (of_file, own[name]) if name in weak else (own[name], of_file)
        mark = first or second or usual
        reading = reading.having(replace(field, mark=mark))
        is_proven = first == second if name in weak else first or second
        if (example := seen[f"example {name}"]) and not is_proven and name not in CLUES:
            reading = reading.saying(Weight.NUMBERS, _doubt(field, example, mark))
    return reading


def _marks(fields: Iterable[Field]) -> Iterable[tuple[str, str]]:
    for field in fields:
        text = digits(field)
        opens = []
        for mark in DecimalMark:
            opens.append(is_open(text, mark))
            yield f"{mark.name} decimals {field.name}", how_many(shows_decimals(text, mark))
            yield f"{mark.name} open {field.name}", how_many(opens[-1])
            no_whole = is_open_and_no_whole(text, mark)
            yield f"{mark.name} no whole {field.name}", how_many(no_whole)
        either = " OR ".join(opens)
        yield f"example {field.name}", f"first({field.cell}) FILTER ({either})"


def _own_mark(field: Field, seen: Answers) -> DecimalMark | None:
    """The mark before decimals that the column's own values prove."""
    shown = [mark for mark in DecimalMark if seen[f"{mark.name} decimals {field.name}"]]
    if len(shown) == 1:
        return shown[0]
    if shown or field.target.kind is not Kind.COUNT:
        return None
    # There is no part of a token, so what has three digits behind it groups them.
    groups = [mark for mark in DecimalMark if seen[f"{mark.name} open {field.name}"]]
    return groups[0].other if len(groups) == 1 else None


def _has_whole_groups_only(field: Field, seen: Answers) -> bool:
    """Whether all marks of a count are as in 1.000: one thousand, or one with three decimals."""
    return field.target.kind is Kind.COUNT and not any(
        seen[f"{mark.name} {question} {field.name}"]
        for mark in DecimalMark
        for question in ("no whole", "decimals")
    )


def _doubt(field: Field, example: str, mark: DecimalMark) -> str:
    grouped = f"{MARK_WORDS[mark.other]} as grouping thousands"
    return (
        f"Numbers such as {example[:40]!r} in {field.source!r} are read with {MARK_WORDS[mark]} "
        f"before the decimals and {grouped}; the file does not prove it."
    )
