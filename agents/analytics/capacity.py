"""What a volume that is so many times the present one needs: requests, tokens, places and money."""

import math
from decimal import Decimal

from pydantic import BaseModel

from agents.analytics.concurrency import BusiestMinute, Underway
from agents.analytics.figures import Figure
from agents.analytics.money import Usd
from agents.analytics.timeline import DAY, Timeline

MONTH_DAYS = Decimal("30.4375")  # 365.25 / 12
FEWEST_DAYS = 1
MONEY_FROM_DAYS = 7  # a month's spend from less than a week would miss the weekend


class Need(BaseModel):
    """`at_growth` is the present figure times the growth factor."""

    now: Figure
    at_growth: Figure


class PlaceNeed(Need):
    """
    `independent` is the peak if what is added comes when it likes: the mean grows by the factor,
    what goes beyond it by the factor's square root. `at_growth` is the one to plan with.
    """

    independent: Figure


class Spend(BaseModel):
    """US dollars of a mean month of 30.4375 days, and of all months asked for."""

    per_month: Usd
    per_month_at_growth: Usd
    months: Figure
    total_at_growth: Usd


class Capacity(BaseModel):
    """None: the data set does not tell. The growth factor multiplies the volume as a whole."""

    growth_factor: Figure
    requests_per_day: Need | None = None
    peak_requests_per_minute: Need | None = None
    peak_tokens_per_minute: Need | None = None
    mean_concurrency: Need | None = None
    peak_concurrency: PlaceNeed | None = None
    spend: Spend | None = None


def capacity(
    line: Timeline,
    growth: float,
    months: float,
    *,
    minute: BusiestMinute | None,
    places: Underway | None,
    has_cost: bool,
) -> Capacity:
    """
    From whole days or hours `line`, the busiest minute and the concurrency of the same rows.

    Peaks are those of the log times the factor, which takes for granted that more users behave like
    the present ones and that latency stays what it is.
    """
    days = len(line.buckets) * line.seconds / DAY
    requests = sum(bucket.requests for bucket in line.buckets)
    return Capacity(
        growth_factor=growth,
        requests_per_day=_need(requests / days, growth) if days >= FEWEST_DAYS else None,
        peak_requests_per_minute=_need(minute.requests, growth) if minute else None,
        peak_tokens_per_minute=_need(minute.tokens, growth) if minute and minute.tokens else None,
        mean_concurrency=_need(places.mean, growth) if places else None,
        peak_concurrency=_places(places, growth) if places else None,
        spend=_spend(line, days, growth, months) if has_cost and days >= MONEY_FROM_DAYS else None,
    )


def _need(now: float, growth: float) -> Need:
    return Need(now=now, at_growth=now * growth)


def _places(places: Underway, growth: float) -> PlaceNeed:
    beyond = (places.peak - places.mean) * math.sqrt(growth)
    return PlaceNeed(
        now=places.peak, at_growth=places.peak * growth, independent=places.mean * growth + beyond
    )


def _spend(line: Timeline, days: float, growth: float, months: float) -> Spend:
    total = sum((bucket.cost_usd for bucket in line.buckets), Decimal(0))
    month = total * MONTH_DAYS / Decimal(repr(days))
    grown = month * Decimal(repr(growth))
    return Spend(
        per_month=month,
        per_month_at_growth=grown,
        months=months,
        total_at_growth=grown * Decimal(repr(months)),
    )
