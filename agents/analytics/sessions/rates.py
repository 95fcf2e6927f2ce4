"""What a token of a request costs, by where it comes from; the one place that asks for prices."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from genai_prices.types import ModelPrice, TieredPrices

from agents.analytics.prices import PricedModel, find_price

MILLION = 1_000_000
DEARER = frozenset({"fast", "priority"})  # served at prices of their own, which are not known here


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a token."""

    input: Decimal
    cached: Decimal  # read from the cache
    written: Decimal  # to the cache, for minutes
    long_written: Decimal  # for an hour
    output: Decimal


def rates_of(
    model: str | None, tier: str | None, moment: datetime | None, input_tokens: int
) -> Rates | None:
    """
    The published prices of a request with so many tokens of input; None where there are none.

    What is kept or read at no price of its own costs what other input does.
    """
    known = _known(model) if model else None
    if known is None or tier in DEARER:
        return None
    price = _valid(known, moment or datetime.now(UTC))

    def of(name: str, instead: Decimal) -> Decimal:
        value = getattr(price, name, None)
        return instead if value is None else _at(value, input_tokens) / MILLION

    fresh = of("input_mtok", Decimal(0))
    written = of("cache_write_mtok", fresh)
    return Rates(
        input=fresh,
        cached=of("cache_read_mtok", fresh),
        written=written,
        long_written=of("cache_write_1h_mtok", written),
        output=of("output_mtok", Decimal(0)),
    )


@lru_cache(maxsize=500)
def _known(model: str) -> PricedModel | None:
    return find_price(model)


def _valid(model: PricedModel, moment: datetime) -> ModelPrice:
    """Of the prices that apply at the moment, the last one."""
    for rule in reversed(model.prices):
        if rule.constraint is None or rule.constraint.active(moment):
            return rule.prices
    return model.prices[0].prices


def _at(value: Any, input_tokens: int) -> Decimal:
    if not isinstance(value, TieredPrices):
        return Decimal(value)
    passed = [tier.price for tier in value.tiers if input_tokens > tier.start]
    return Decimal(passed[-1] if passed else value.base)
