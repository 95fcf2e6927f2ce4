"""
What it costs that a result stays in the context: every later request sends it again.

A result of t tokens enters with request a and is gone before request b: it is sent b - a times, and
carried, beyond the first time, t (b - a - 1) tokens. Caches hold prefixes, so what a request pays
for it follows from where it stands: the part of it that lies before the end of what came from the
cache costs the cached price, what was written to the cache the price of writing, the rest that of
other input. While the cache holds that is t (w + r (b - a - 1)), the usual formula, for a price w
to write and r to read.

At a request that missed the cache, what should have been cached counts as cached: the miss is a
finding of its own, with all of its extra cost, so that the two can be added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from agents.analytics.sessions.conversation import Conversation, Step, Turn
from agents.analytics.sessions.misses import Miss


@dataclass(frozen=True, slots=True)
class Carried:
    """`tokens` entered the context, `carried` were sent again. None: not all can be priced."""

    tokens: int
    carried: int
    cost_usd: Decimal | None

    def __add__(self, other: "Carried") -> "Carried":
        both = None
        if self.cost_usd is not None and other.cost_usd is not None:
            both = self.cost_usd + other.cost_usd
        return Carried(self.tokens + other.tokens, self.carried + other.carried, both)


NOTHING = Carried(0, 0, Decimal(0))


def carried(
    conversation: Conversation, step: Step, missed: Mapping[int, Miss], *, after: int = 0
) -> Carried:
    """What the result costs, or what of it is beyond its first `after` tokens."""
    tokens = max(step.result_tokens - after, 0)
    if not step.sends or not tokens:
        return NOTHING
    start = None if step.starts_at is None else step.starts_at + after
    cost: Decimal | None = Decimal(0)
    for turn in conversation.carrying(step):
        price = _price(turn, start, tokens, missed.get(turn.number))
        if cost is None or price is None:
            cost = None
            break
        cost += price
    return Carried(tokens, tokens * (step.sends - 1), cost)


def _price(turn: Turn, start: int | None, tokens: int, miss: Miss | None) -> Decimal | None:
    if start is None or turn.cached_tokens is None:
        return None
    return turn.price(start, start + tokens, cached=miss.expected if miss else None)
