"""What a token of a request costs, by where it comes from; the one place that asks for prices."""

from datetime import UTC, datetime
from functools import lru_cache

from agents.analytics.prices import PricedModel, Rates, find_price

DEARER = frozenset({"fast", "priority"})  # with prices of their own, where these are not known


def rates_of(
    model: str | None, tier: str | None, moment: datetime | None, input_tokens: int
) -> Rates | None:
    """The published prices of a request with so many tokens of input; None where there are none."""
    known = _known(model) if model else None
    if known is None or (tier in DEARER and not known.has_tier(tier)):
        return None
    return known.rates(tier, moment or datetime.now(UTC), input_tokens)


@lru_cache(maxsize=500)
def _known(model: str) -> PricedModel | None:
    return find_price(model)
