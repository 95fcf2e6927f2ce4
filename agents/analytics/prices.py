"""
Published prices of models, from the offline tables of genai-prices; an unknown model has none.

A price may depend on when a request was made (prices change, and some are lower at night) and on
how long its input is (some models charge more for all tokens of a long prompt). Both are decided
row by row in SQL, so that sums of tokens can be priced instead of a million requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any

from genai_prices import Usage, calc_price
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from agents.analytics.duck import literal

PER_REQUEST = "requests_kcount"  # US dollars per thousand requests, beside those for tokens
CACHE_WRITE = "cache_write_mtok"
TOKEN_PRICES = ("input_mtok", "output_mtok")


@dataclass(frozen=True, slots=True)
class Tokens:
    """
    Summed tokens of requests to one model at one price.

    `cached` and `written`, read from and written to the cache, are parts of `input`.
    """

    requests: int
    input: int
    cached: int
    output: int
    written: int = 0


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model by the name that a log gives it, with its prices."""

    name: str
    prices: tuple[ConditionalPrice, ...]  # of those that apply, the last one counts
    thresholds: tuple[int, ...]  # input tokens above which the next tier is charged

    @property
    def prices_cache_writes(self) -> bool:
        """Whether tokens written to the cache have a price; else they cost what others do."""
        return all(getattr(rule.prices, CACHE_WRITE) is not None for rule in self.prices)

    def cost(self, tokens: Tokens, *, rule: int, tier: int) -> Decimal:
        """US dollars for `tokens` whose rows got these numbers from `rule_sql` and `tier_sql`."""
        longest = self.thresholds[tier - 1] + 1 if tier else 0
        price = {
            key: _at(value, longest)
            for key, value in vars(self.prices[rule].prices).items()
            if value is not None
        }
        fee = price.pop(PER_REQUEST, Decimal(0)) * tokens.requests / 1000
        usage = Usage(
            input_tokens=tokens.input,
            cache_read_tokens=tokens.cached,
            cache_write_tokens=tokens.written,
            output_tokens=tokens.output,
        )
        return fee + ModelPrice(**price).calc_price(usage)["total_price"]


def find_price(name: str) -> PricedModel | None:
    """
    The prices of the model that a log calls `name`, None if they are not known.

    A prefix, as in `azure/gpt-4o`, names the provider; a gateway may stand before it.
    """
    *before, model = name.split("/")
    gateway, _, rest = name.partition("/")
    spelled = [(name, None), (rest, gateway), *((model, prefix) for prefix in before[-1:])]
    for candidate, provider in [*spelled, (model, None)]:
        info = _info(candidate, provider) if candidate else None
        if info is not None:
            return _priced(name, info)
    return None


def rule_sql(models: Sequence[PricedModel]) -> str:
    """SQL: which of its model's prices was valid for a row."""
    return _by_model(
        (model.name, " ".join(_rule_cases(model.prices)))
        for model in models
        if len(model.prices) > 1
    )


def tier_sql(models: Sequence[PricedModel]) -> str:
    """SQL: how many of its model's thresholds the input of a row exceeds."""
    return _by_model(
        (
            model.name,
            " ".join(
                f"WHEN input_tokens > {model.thresholds[tier - 1]} THEN {tier}"
                for tier in range(len(model.thresholds), 0, -1)
            ),
        )
        for model in models
        if model.thresholds
    )


def _info(model: str, provider_id: str | None) -> ModelInfo | None:
    try:
        # Pricing nothing is the public way to look a model up.
        return calc_price(Usage(), model, provider_id=provider_id).model
    except LookupError:
        return None


def _priced(name: str, info: ModelInfo) -> PricedModel | None:
    prices = info.prices
    rules = [ConditionalPrice(prices=prices)] if isinstance(prices, ModelPrice) else prices
    if not all(
        any(getattr(rule.prices, key) is not None for key in TOKEN_PRICES) for rule in rules
    ):
        return None  # charged by image, page or second
    tiers = {
        tier.start
        for rule in rules
        for value in vars(rule.prices).values()
        if isinstance(value, TieredPrices)
        for tier in value.tiers
    }
    return PricedModel(name, tuple(rules), tuple(sorted(tiers)))


def _at(value: Any, input_tokens: int) -> Decimal:
    """A price as it is for requests with so many input tokens."""
    if not isinstance(value, TieredPrices):
        return Decimal(value)
    passed = [tier.price for tier in value.tiers if input_tokens > tier.start]
    return passed[-1] if passed else value.base


def _by_model(cases: Any) -> str:
    lines = " ".join(f"WHEN {literal(name)} THEN CASE {case} ELSE 0 END" for name, case in cases)
    return f"CASE model {lines} ELSE 0 END" if lines else "0"


def _rule_cases(rules: Sequence[ConditionalPrice]) -> list[str]:
    """From the last rule to the second, as genai-prices tries them; else it is the first."""
    # A log without times is priced as of today.
    moment = "coalesce(timestamp, CAST(now() AS TIMESTAMP))"
    return [
        f"WHEN {_condition(rules[number], moment)} THEN {number}"
        for number in range(len(rules) - 1, 0, -1)
    ]


def _condition(rule: ConditionalPrice, moment: str) -> str:
    match rule.constraint:
        case StartDateConstraint(start_date=day):
            return f"{moment} >= TIMESTAMP '{day:%Y-%m-%d}'"
        case TimeOfDateConstraint(start_time=start, end_time=end):
            first, last = _utc(start), _utc(end)
            joint = "OR" if last < first else "AND"  # an interval over midnight
            clock = f"CAST({moment} AS TIME)"
            return f"({clock} >= TIME '{first}' {joint} {clock} < TIME '{last}')"
        case None:
            return "true"


def _utc(clock: time_of_day) -> time_of_day:
    if clock.tzinfo is None:
        return clock
    return datetime.combine(datetime(1970, 1, 1, tzinfo=UTC), clock).astimezone(UTC).time()
