"""
Published prices of models, from the offline tables of genai-prices; an unknown model has none.

A price may depend on when a request was made (prices change, and some are lower at night), on how
long its input is (some models charge more for all tokens of a long prompt) and on how it was served
(batch, flex, priority). All prices of a model are laid out as tiles of time, clock and length, each
with what genai-prices says for it, so that a row finds its own by a join.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

from genai_prices import Usage, calc_price
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

TOKEN_PRICES = ("input_mtok", "output_mtok")
CACHE_WRITE = "cache_write_mtok"
MOST_NAMES = 4096  # whose prices are remembered; a log may bring any names
LONGEST = 10**18  # tokens; no input is longer

_MIDNIGHT = time_of_day(0)

CONTEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "batch": {"processing": "batch"},
        "flex": {"service_tier": "flex"},
        "priority": {"service_tier": "priority"},
        # OpenAI's is a service tier, Anthropic's a speed.
        "fast": {"service_tier": "fast", "speed": "fast"},
    }
)
"""How genai-prices names the tiers that have prices of their own."""


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a token of each kind, and for a request beside its tokens."""

    input: Decimal
    cached: Decimal  # read from the cache
    written: Decimal  # to the cache, for minutes
    long_written: Decimal  # to the cache, for an hour
    output: Decimal
    reasoning: Decimal  # a part of the output
    fee: Decimal


RATES = tuple(field.name for field in fields(Rates))


@dataclass(frozen=True, slots=True)
class Tile:
    """
    The rates of requests from the day `since` until `until`, by their clock in UTC from `first`
    until `last`, with over `above` and at most `up_to` input tokens. None has no end.

    `of_tier` says whether they are those of the tier that was asked for, or the standard ones.
    """

    since: date
    until: date | None
    first: time_of_day
    last: time_of_day | None
    above: int
    up_to: int
    of_tier: bool
    rates: Rates


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model by the name that a log gives it, with its prices."""

    name: str
    info: ModelInfo
    provider: Provider

    @property
    def prices_cache_writes(self) -> bool:
        """Whether tokens written to the cache have a price; else they cost what others do."""
        return all(getattr(price, CACHE_WRITE) is not None for price in _standard(self.info))

    @property
    def charges_more_for_long_inputs(self) -> bool:
        """Whether the price of a token depends on how many the request has."""
        return any(_thresholds(price) for price in _standard(self.info))

    def has_tier(self, tier: str | None) -> bool:
        """Whether requests of this tier have, or once had or will have, a price of their own."""
        return bool(_variants(self, tier))

    def rates(self, tier: str | None, moment: datetime, input_tokens: int) -> Rates:
        """What a request of this length costs at `moment`, in UTC."""
        day, clock = moment.date(), moment.time()
        for tile in self.tiles(tier):
            is_then = tile.since <= day and (tile.until is None or day < tile.until)
            is_at = tile.first <= clock and (tile.last is None or clock < tile.last)
            if is_then and is_at and tile.above < input_tokens <= tile.up_to:
                return tile.rates
        raise ValueError(f"No request has {input_tokens} tokens.")

    def others(self) -> Iterator["PricedModel"]:
        """The models that the same provider sells by the token."""
        for info in self.provider.models:
            if info is not self.info and not info.deprecated and _is_priced_by_token(info):
                yield PricedModel(info.id, info, self.provider)

    def tiles(self, tier: str | None = None) -> Iterator[Tile]:
        """What requests of this tier cost; each belongs to exactly one tile."""
        variants = _variants(self, tier)
        context = CONTEXTS[tier] if tier and variants else None
        days, clocks = _cuts(self.info, variants)
        for since, until in pairwise([date.min, *days, None]):
            for first, last in pairwise([_MIDNIGHT, *clocks, None]):
                assert since is not None
                assert first is not None
                moment = datetime.combine(since, first, UTC)
                price = self.info.get_prices(moment, context)
                of_tier = tier is None or any(_active(it, moment) for it in variants)
                for above, up_to in pairwise([-1, *_thresholds(price), LONGEST]):
                    rates = _rates(price, above + 1)
                    yield Tile(since, until, first, last, above, up_to, of_tier, rates)


@lru_cache(maxsize=MOST_NAMES)
def find_price(name: str, provider: str | None = None) -> PricedModel | None:
    """
    The prices of the model that a log calls `name`, None if they are not known.

    `provider` is whom the log names; where the price list does not know it, or not with this
    model, the name decides. A prefix, as in `azure/gpt-4o`, names the provider too; a gateway may
    stand before it.
    """
    *before, model = name.split("/")
    gateway, _, rest = name.partition("/")
    spelled: list[tuple[str, str | None]] = []
    if provider:
        spelled += [(name, provider), (model, provider)]
    spelled += [(name, None), (rest, gateway), *((model, prefix) for prefix in before[-1:])]
    for candidate, seller in [*spelled, (model, None)]:
        found = _found(candidate, seller) if candidate else None
        if found is not None:
            priced = PricedModel(name, *found)
            return priced if _is_priced_by_token(priced.info) else None
    return None


def folded_tier(tier: str | None) -> str | None:
    """A tier as a log spells it, as CONTEXTS names it; None for the standard one."""
    folded = tier.strip().casefold() if tier else None
    return folded if folded in CONTEXTS else None


def _found(model: str, provider_id: str | None) -> tuple[ModelInfo, Provider] | None:
    try:
        # Pricing nothing is the public way to look a model up.
        found = calc_price(Usage(), model, provider_id=provider_id)
    except LookupError:
        return None
    return found.model, found.provider


def _rules(info: ModelInfo) -> list[ConditionalPrice]:
    prices = info.prices
    return [ConditionalPrice(prices=prices)] if isinstance(prices, ModelPrice) else prices


def _standard(info: ModelInfo) -> list[ModelPrice]:
    return [rule.prices for rule in _rules(info)]


def _is_priced_by_token(info: ModelInfo) -> bool:
    """False for what is charged by image, page or second."""
    prices = _standard(info)
    return all(any(getattr(price, key) is not None for key in TOKEN_PRICES) for price in prices)


def _variants(model: PricedModel, tier: str | None) -> list[PriceVariant]:
    """Those for `tier`; a provider that sells another's model has none of that one's."""
    context = CONTEXTS.get(tier) if tier else None
    if context is None or not any(model.info is own for own in model.provider.models):
        return []
    return [
        variant
        for variant in model.info.price_variants or ()
        if all(context.get(key) == value for key, value in variant.when.items())
    ]


def _active(variant: PriceVariant, moment: datetime) -> bool:
    return variant.constraint is None or variant.constraint.active(moment)


def _cuts(info: ModelInfo, variants: list[PriceVariant]) -> tuple[list[date], list[time_of_day]]:
    """The days and the clock times, in UTC, at which any price may change."""
    days, clocks = set(), set()
    priced: list[ConditionalPrice | PriceVariant] = [*_rules(info), *variants]
    for constraint in [item.constraint for item in priced]:
        match constraint:
            case StartDateConstraint(start_date=day):
                days.add(day)
            case TimeOfDateConstraint(start_time=start, end_time=end):
                clocks |= {_utc(start), _utc(end)}
            case None:
                pass
    return sorted(days), sorted(clocks - {_MIDNIGHT})


def _thresholds(price: ModelPrice) -> list[int]:
    """Input tokens above which all tokens cost more."""
    return sorted(
        {
            tier.start
            for value in vars(price).values()
            if isinstance(value, TieredPrices)
            for tier in value.tiers
        }
    )


def _rates(price: ModelPrice, input_tokens: int) -> Rates:
    """Where a kind of token has no price of its own, it costs what the kind it belongs to does."""

    def of(key: str, per: int, otherwise: Decimal) -> Decimal:
        value = getattr(price, key)
        return otherwise if value is None else _at(value, input_tokens) / per

    unpriced = Decimal(0)
    per_input = of("input_mtok", 10**6, unpriced)
    per_output = of("output_mtok", 10**6, unpriced)
    per_write = of(CACHE_WRITE, 10**6, per_input)
    return Rates(
        input=per_input,
        cached=of("cache_read_mtok", 10**6, per_input),
        written=per_write,
        long_written=of("cache_write_1h_mtok", 10**6, per_write),
        output=per_output,
        reasoning=of("output_reasoning_mtok", 10**6, per_output),
        fee=of("requests_kcount", 1000, unpriced),
    )


def _at(value: Decimal | TieredPrices, input_tokens: int) -> Decimal:
    """A price as it is for requests with so many input tokens."""
    if not isinstance(value, TieredPrices):
        return value
    passed = [tier.price for tier in value.tiers if input_tokens > tier.start]
    return passed[-1] if passed else value.base


def _utc(clock: time_of_day) -> time_of_day:
    if clock.tzinfo is None:
        return clock
    return datetime.combine(date(1970, 1, 1), clock).astimezone(UTC).time()
