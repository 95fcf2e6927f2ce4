"""
Requests whose prompt was cached and had to be read anew, and why, as far as times tell.

A request is expected to find in the cache what the one before it in the same context read from it
and wrote to it (providers that do not bill writes: all of its prompt). It misses when it finds less
than half of that. The shortfall cost the price of new input in place of the price of cached input.
Not a miss: a first request, one after a compaction or a rewind, and one whose prompt is shorter.
Providers that cache on their own and promise nothing (Gemini) are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from agents.analytics.sessions.conversation import Conversation, Turn

Cause = Literal["idle", "model_switch", "resumed", "unknown"]

LEAST_TOKENS = 4096  # no smaller prefix is kept by all of Anthropic's models
FOUND = 0.5
SHORT_LIFE = timedelta(minutes=5)  # of a cache entry since its last use, Anthropic
LONG_LIFE = timedelta(hours=1)
OTHER_LIFE = timedelta(minutes=10)  # OpenAI: usually gone after 5 to 10 minutes without use
NOT_CONTINUED = frozenset({"compacted", "cleared", "fell", "rewound"})


@dataclass(frozen=True, slots=True)
class Miss:
    """`tokens` were paid as new, `extra_usd` more than from the cache."""

    turn: Turn
    last: Turn
    expected: int  # tokens of the prompt that the cache should have held
    tokens: int
    cause: Cause
    gap: timedelta | None
    life: timedelta
    extra_usd: Decimal | None


def misses(conversation: Conversation) -> dict[int, Miss]:
    """By the number of the request."""
    return {miss.turn.number: miss for miss in _misses(conversation)}


def _misses(conversation: Conversation) -> Iterator[Miss]:
    is_long = False
    for last, turn in pairwise(conversation.turns):
        if last.cache_write_tokens:
            is_long = bool(last.long_cache_write_tokens)
        expected = _expected(last, turn)
        found = turn.cached_tokens
        if expected is None or found is None or expected < LEAST_TOKENS:
            continue
        if found >= FOUND * expected:
            continue
        life = _life(last, is_long=is_long)
        gap = turn.started - last.ended if turn.started and last.ended else None
        shortfall = expected - found
        yield Miss(
            turn=turn,
            last=last,
            expected=expected,
            tokens=shortfall,
            cause=_cause(last, turn, gap, life),
            gap=gap,
            life=life,
            extra_usd=_extra(turn, found, expected),
        )


def _expected(last: Turn, turn: Turn) -> int | None:
    is_known = last.input_tokens is not None and turn.input_tokens is not None
    if not is_known or turn.before in NOT_CONTINUED or (turn.model or "").startswith("gemini"):
        return None
    if last.cache_write_tokens is None:
        held = last.input_tokens or 0
    else:
        held = (last.cached_tokens or 0) + last.cache_write_tokens
    return held if held <= (turn.input_tokens or 0) else None


def _life(last: Turn, *, is_long: bool) -> timedelta:
    if last.cache_write_tokens is None:
        return OTHER_LIFE
    return LONG_LIFE if is_long else SHORT_LIFE


def _cause(last: Turn, turn: Turn, gap: timedelta | None, life: timedelta) -> Cause:
    if turn.model != last.model:
        return "model_switch"
    if turn.before == "resumed":
        return "resumed"
    return "idle" if gap is not None and gap > life else "unknown"


def _extra(turn: Turn, found: int, expected: int) -> Decimal | None:
    paid, usual = turn.price(found, expected), turn.price(found, expected, cached=expected)
    return None if paid is None or usual is None else paid - usual
