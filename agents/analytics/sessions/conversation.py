"""The turns and steps of sessions, read from the tables beside the requests."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from agents.analytics.beside import BesideTable
from agents.analytics.duck import connect, literal, pattern, select
from agents.analytics.period import ALL, Period
from agents.analytics.prices import Rates
from agents.analytics.sessions.rates import rates_of
from agents.analytics.steps import STEPS, TURNS
from agents.exceptions import DatasetNotFound, InvalidInput

SHOWN = 5  # sessions that an error names


@dataclass(slots=True)
class Turn:
    """A request; the fields are columns of `steps.TURNS`."""

    chain: str
    number: int
    span: int
    before: str | None
    session_id: str | None
    agent: str
    place: str
    started: datetime | None
    ended: datetime | None
    model: str | None
    tier: str | None
    input_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    long_cache_write_tokens: int | None
    output_tokens: int | None
    text_characters: int
    rates: Rates | None = None

    def price(self, start: int, end: int, *, cached: int | None = None) -> Decimal | None:
        """
        US dollars for the tokens of the prompt from `start` until `end`; None without a price.

        A prompt begins with what came from the cache, then comes what was written to it, then the
        rest. With `cached`, as if so many tokens had come from the cache.
        """
        rates = self.rates
        if rates is None:
            return None
        read = self.cached_tokens or 0
        written = self.cache_write_tokens or 0
        long = min(self.long_cache_write_tokens or 0, written)
        is_written = read + written
        found = max(read, cached or 0)
        if end <= found:  # nearly always, and a session has a million of these
            return (end - start) * rates.cached
        writing = (
            (long * rates.long_written + (written - long) * rates.written) / written
            if written
            else rates.input
        )
        return (
            _within(start, end, 0, found) * rates.cached
            + _within(start, end, found, is_written) * writing
            + _within(start, end, max(found, is_written), end) * rates.input
        )

    @property
    def cost_usd(self) -> Decimal | None:
        if self.input_tokens is None or self.rates is None:
            return None
        paid = self.price(0, self.input_tokens)
        return None if paid is None else paid + (self.output_tokens or 0) * self.rates.output


def _within(start: int, end: int, first: int, last: int) -> int:
    """How many tokens from `start` until `end` lie from `first` until `last`."""
    return max(min(end, last) - max(start, first), 0)


@dataclass(slots=True)
class Step:
    """A tool call; the fields are columns of `steps.STEPS`."""

    chain: str
    session_id: str | None
    request: int
    enters: int | None
    leaves: int | None
    tool: str
    action: str
    target: str | None
    first_line: int | None
    last_line: int | None
    changes: list[str]
    arguments_digest: str
    argument_tokens: int
    result_tokens: int
    tokens_are: str
    result_digest: str | None
    is_error: bool | None
    is_unchanged: bool
    head: str | None
    place: str
    result_place: str | None
    timestamp: datetime | None
    starts_at: int | None = None  # tokens of the context that stand before the result

    @property
    def sends(self) -> int:
        """How many requests carry the result."""
        return 0 if self.enters is None or self.leaves is None else self.leaves - self.enters


@dataclass(slots=True)
class Conversation:
    """One context: its requests, numbered from 1, and the calls in it, in their order."""

    id: str
    turns: list[Turn] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def turn(self, number: int) -> Turn:
        return self.turns[number - 1]

    def carrying(self, step: Step) -> Iterator[Turn]:
        """The requests that carry the result of a call."""
        if step.enters is not None and step.leaves is not None:
            yield from self.turns[step.enters - 1 : step.leaves - 1]

    @property
    def first(self) -> Turn:
        return self.turns[0]


@dataclass
class Sessions:
    """All that is analysed together."""

    conversations: list[Conversation]

    @cached_property
    def turns(self) -> list[Turn]:
        return [turn for conversation in self.conversations for turn in conversation.turns]

    @cached_property
    def steps(self) -> list[Step]:
        return [step for conversation in self.conversations for step in conversation.steps]


def has_sessions(directory: Path) -> bool:
    """Whether a data set was read from a session log."""
    return TURNS.file(directory).is_file() and STEPS.file(directory).is_file()


def load(directory: Path, period: Period = ALL, session: str | None = None) -> Sessions:
    """
    The sessions that have a request in the period, or the one named by its id or how that begins.

    Each is read whole: what a request carries may have entered long before the period. Raises
    DatasetNotFound for files that are gone, InvalidInput for a session that there is none of.
    """
    directory = directory.resolve()
    if not has_sessions(directory):
        raise DatasetNotFound("The files of this data set are gone. Upload it anew.")
    tables = [table.file(directory) for table in (TURNS, STEPS)]
    with connect(readable=tables) as connection:
        turns, steps = (
            f"read_parquet({literal(pattern(table))}, file_row_number = true)" for table in tables
        )
        wanted = f"WHERE {_wanted(period, session)}"
        sessions = select(["session_id"], turns, wanted)
        # With the agents of a session, and what else shares a context with it.
        ofs = f"WHERE session_id IN ({sessions}) OR chain IN ({select(['chain'], turns, wanted)})"
        tail = f"WHERE chain IN ({select(['chain'], turns, ofs)}) ORDER BY chain, "
        found = [_row(Turn, row) for row in _rows(connection, TURNS, turns, f"{tail} number")]
        known = [
            _row(Step, row)
            for row in _rows(connection, STEPS, steps, f"{tail} request, file_row_number")
        ]
        if session and not found:
            raise InvalidInput(_unknown(connection, turns, session))
    return Sessions(_joined(found, known))


def _wanted(period: Period, session: str | None) -> str:
    bounds = [
        f"started {sign} TIMESTAMP {literal(moment.replace(tzinfo=None).isoformat())}"
        for sign, moment in ((">=", period.start), ("<", period.end))
        if moment is not None
    ]
    if session:
        bounds.append(f"starts_with(session_id, {literal(session)})")
    return " AND ".join(bounds) or "true"


def _rows(connection: Any, table: BesideTable, source: str, tail: str) -> list[dict[str, Any]]:
    cursor = connection.execute(select(table.columns, source, tail))
    return [dict(zip(table.columns, row, strict=True)) for row in cursor.fetchall()]


def _row(kind: Any, row: dict[str, Any]) -> Any:
    return kind(**{field.name: row[field.name] for field in fields(kind) if field.name in row})


def _joined(turns: list[Turn], steps: list[Step]) -> list[Conversation]:
    chains: dict[str, Conversation] = {}
    for turn in turns:
        if turn.started is not None:
            turn.started = turn.started.replace(tzinfo=UTC)
        if turn.ended is not None:
            turn.ended = turn.ended.replace(tzinfo=UTC)
        if turn.input_tokens is not None:
            turn.rates = rates_of(turn.model, turn.tier, turn.started, turn.input_tokens)
        chains.setdefault(turn.chain, Conversation(turn.chain)).turns.append(turn)
    for step in steps:
        chains[step.chain].steps.append(step)
    for conversation in chains.values():
        _place(conversation)
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(chains.values(), key=lambda chain: (chain.first.started or latest, chain.id))


def _place(conversation: Conversation) -> None:
    """Results stand at the end of the prompt that they enter with, in their order."""
    entering: defaultdict[int, list[Step]] = defaultdict(list)
    for step in conversation.steps:
        if step.sends and step.enters is not None:
            entering[step.enters].append(step)
    for number, steps in entering.items():
        end = conversation.turn(number).input_tokens
        if end is None:
            continue
        for step in reversed(steps):
            end = max(end - step.result_tokens, 0)
            step.starts_at = end


def _unknown(connection: Any, turns: str, session: str) -> str:
    tail = f"WHERE session_id IS NOT NULL ORDER BY 1 LIMIT {SHOWN}"
    rows = connection.execute(select(["DISTINCT session_id"], turns, tail)).fetchall()
    known = ", ".join(repr(name[:80]) for (name,) in rows)
    return (
        f"No session in this period has an id that begins with {session[:80]!r}. "
        f"There are {known or 'none'}, for example."
    )
