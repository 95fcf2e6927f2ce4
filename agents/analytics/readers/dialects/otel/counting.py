"""Which of many spans are requests of their own: not those that repeat one, and each once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from agents.analytics.readers.dialects.base import Value
from agents.analytics.readers.dialects.otel.calls import around_of, row_of
from agents.analytics.readers.dialects.otel.kinds import Kind, kind_of
from agents.analytics.readers.dialects.otel.span import BadSpan, Span, checked

MOST_AROUND = 64  # spans around a call that are looked at; of all, a long chain takes minutes
TOLD_BY_OUTER = ("feature", "session_id", "user_id", "project", "prompt_hash", "cost_usd")
"""What a span around a call may know of it that the call's own span does not say."""


@dataclass(slots=True)
class Call:
    """A request. `around` is the key of the outermost span known around it; empty if in none."""

    key: str
    around: str
    row: dict[str, Value]


@dataclass(slots=True)
class Batch:
    """What spans that come together are."""

    calls: list[Call] = field(default_factory=list)
    bad: list[BadSpan] = field(default_factory=list)
    others: int = 0  # of agents, tools, embeddings, …
    repeating: int = 0  # calls that stand around those in `calls`
    duplicates: int = 0  # calls that are among them already
    around: dict[str, str] = field(default_factory=dict)  # the span around each, none for a tool
    within: dict[str, dict[str, Value]] = field(default_factory=dict)  # what holds inside of each


def batch_of(found: Iterable[Span | BadSpan]) -> Batch:
    """
    Sort spans out.

    Two libraries that watch the same request write a span each, one in the other, and both say
    what it used: the inner one counts, since a library that tries again has several of these. It
    takes over what only the outer one knows. What a tool does inside is no repetition.
    """
    batch = Batch()
    calls: dict[str, Call] = {}
    for span in found:
        try:
            kind = kind_of(span := checked(_good(span)))
            row = row_of(span) if kind is Kind.CALL and span.key not in calls else {}
        except BadSpan as error:
            batch.bad.append(error)
            continue
        batch.around[span.key] = "" if kind is Kind.TOOL else span.parent_key
        if span.key in calls:
            batch.duplicates += 1
        elif kind is Kind.CALL:
            calls[span.key] = Call(span.key, span.parent_key, row)
        else:
            batch.others += 1
            if holds := around_of(span):
                batch.within[span.key] = holds
    _keep_innermost(batch, calls)
    return batch


def tell(call: Call, outer: Call, *, is_only: bool) -> None:
    """Add to a call what the span around it knows; the cost only if it is of this call alone."""
    for name in TOLD_BY_OUTER:
        if name in outer.row and (is_only or name != "cost_usd"):
            call.row.setdefault(name, outer.row[name])


def _good(span: Span | BadSpan) -> Span:
    if isinstance(span, BadSpan):
        raise span
    return span


def _keep_innermost(batch: Batch, calls: dict[str, Call]) -> None:
    inner: dict[str, list[Call]] = {}
    for call in calls.values():
        for key in islice(_outwards(call.around, batch.around), MOST_AROUND):
            call.around = key
            if key in calls:
                inner.setdefault(key, []).append(call)
            for name, value in batch.within.get(key, {}).items():
                call.row.setdefault(name, value)
    for key, outer in calls.items():
        for call in inner.get(key, ()):
            tell(call, outer, is_only=len(inner[key]) == 1)
    batch.calls = [call for key, call in calls.items() if key not in inner]
    batch.repeating = len(inner)


def _outwards(key: str, around: dict[str, str]) -> Iterator[str]:
    """The spans around one, the nearest first, as far as they are known."""
    seen: set[str] = set()  # ids that somebody made up may go in a circle
    while key and key not in seen:
        seen.add(key)
        yield key
        key = around.get(key, "")
