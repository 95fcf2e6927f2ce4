"""Every way to save that the log shows, each with its base, and all together without overlap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from agents.analytics.batch import BatchOption, batch_effect, batch_options
from agents.analytics.caching import answers
from agents.analytics.effects import Effect, simulated, weighed
from agents.analytics.figures import Figure, Ratio
from agents.analytics.lever_words import (
    Words,
    batched,
    failed,
    prefixed,
    repeated,
    switched,
    unread,
)
from agents.analytics.money import Usd, UsdRange
from agents.analytics.overlap import Together, Weight, together
from agents.analytics.prefixes import prefix_effect, prefixes, writes_effect
from agents.analytics.priced import Basis
from agents.analytics.retries import failed_effect
from agents.analytics.switch_plans import plans, switch_effect
from agents.analytics.switching import simulate
from agents.analytics.table import Table

DAYS_OF_MONTH = 30.4375  # 365.25 / 12
LEAST_DAYS = 7.0  # a shorter log has not seen each day of the week
MOST_LEVERS = 12

Kind = Literal["failed", "repeat", "prefix", "writes", "batch", "switch"]


class Lever(BaseModel):
    """
    A change and what it would save in the period. `base` says which requests it touches:
    `requests`, that cost `cost_usd`; `condition` is the same as SQL over the columns of the data
    set, but for rows whose cost is not known; None where it depends on other rows.

    `alone_usd` is the saving if nothing else is changed, `in_total_usd` what of the total it counts
    for when all levers are pulled; only those add up. `low` is the cautious end, `high` the
    favourable one; a `low` of 0 says that nothing is certain.
    """

    kind: Kind
    title: str
    base: str
    condition: str | None
    requests: int
    cost_usd: Usd
    share_of_cost: Ratio
    alone_usd: UsdRange
    in_total_usd: UsdRange
    assumptions: list[str]
    evidence: str
    next_step: str


class Monthly(BaseModel):
    """The total for a month of 30.4375 days, if every month is as the `days` of the log are."""

    days: Figure
    cost_usd: Usd
    saving_usd: UsdRange


class Levers(BaseModel):
    """
    The levers with the largest saving first. `total_usd` has no dollar twice: it is below the sum
    of what the levers save alone by `overlap_usd`, and never above `cost_usd`.
    """

    basis: Basis
    cost_usd: Usd
    touched_usd: Usd  # cost of the requests that any lever touches
    total_usd: UsdRange
    overlap_usd: UsdRange
    levers: list[Lever]
    levers_left_out: int = 0
    batch: list[BatchOption] = []  # what features would save in batches, candidates or not
    monthly: Monthly | None = None  # None for less than a week


def find_levers(table: Table, basis: Basis, *, sum_seconds: int = 0) -> Levers | None:
    """
    All levers for which the log has columns; those that it cannot show are not among them. Of rows
    that are sums of the requests of `sum_seconds` only failures can be told.

    None when no row has a known cost.
    """
    shown = _of_sums(basis) if sum_seconds else effects_of(table, basis)
    needs = dict.fromkeys(name for effect in shown.effects for name in effect.needs)
    source = weighed(simulated(table, basis, *needs), shown.effects)
    found = together(table, source, [effect.kind for effect in shown.effects])
    if not found.cost_usd:
        return None
    levers = [
        _lever(weight, shown.words[weight.kind](weight), found.cost_usd)
        for weight in found.weights
        if weight.alone[1]
    ]
    levers.sort(key=lambda lever: (-lever.in_total_usd.high, lever.title))
    return Levers(
        basis=basis,
        cost_usd=found.cost_usd,
        touched_usd=found.touched_usd,
        total_usd=UsdRange(low=found.total[0], high=found.total[1]),
        overlap_usd=_overlap(found),
        levers=levers[:MOST_LEVERS],
        levers_left_out=max(len(levers) - MOST_LEVERS, 0),
        batch=shown.batch,
        monthly=_monthly(table, found, sum_seconds),
    )


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects that a log shows, and what to say of the levers of each kind."""

    effects: list[Effect]
    batch: list[BatchOption]
    words: Mapping[str, Callable[[Weight], Words]]


def effects_of(table: Table, basis: Basis) -> Effects:
    """Each kind of lever for which the log has columns and candidates."""
    row = table.row(
        [
            "count(*) FILTER (is_error) AS failures",
            "count(prompt_hash) AS prompts",
            "count(*) FILTER (cache_write_tokens > 0) AS writes",
        ]
    )
    effects = [failed_effect(retries=basis == "log" and row["failures"] > 0)]
    # What came before and after a row costs a sort of all rows to know, so only where it matters.
    if row["prompts"]:
        effects.append(answers())
    if row["writes"]:
        effects.append(writes_effect())
    prefix = {item.name: item for item in prefixes(table, basis)}
    if prefix:
        effects.append(prefix_effect(table, list(prefix.values())))
    options = {item.feature: item for item in batch_options(table, basis)}
    if any(option.candidate for option in options.values()):
        effects.append(batch_effect(table, list(options.values())))
    planned = plans(table, basis)
    switches = {f"{it.feature}\x1f{it.model}": it for it in simulate(table, basis, planned)}
    if switches:
        effects.append(switch_effect(table, [it for it in planned if it.name in switches]))
    words: dict[str, Callable[[Weight], Words]] = {
        "failed": lambda weight: failed(weight, basis, singles=True),
        "repeat": repeated,
        "writes": unread,
        "prefix": lambda weight: prefixed(prefix[weight.name]),
        "batch": lambda weight: batched(options[weight.name]),
        "switch": lambda weight: switched(switches[weight.name]),
    }
    return Effects(effects, list(options.values()), words)


def _of_sums(basis: Basis) -> Effects:
    """Where the rows are sums: what failed may be saved, and nothing of it is certain."""
    words = {"failed": lambda weight: failed(weight, basis, singles=False)}
    return Effects([failed_effect(retries=False)], [], words)


def _lever(weight: Weight, words: Words, cost: Decimal) -> Lever:
    return Lever(
        kind=weight.kind,
        title=words.title,
        base=words.base,
        condition=words.condition,
        requests=weight.requests,
        cost_usd=weight.cost_usd,
        share_of_cost=float(weight.cost_usd / cost),
        alone_usd=UsdRange(low=weight.alone[0], high=weight.alone[1]),
        in_total_usd=UsdRange(low=weight.counts_for[0], high=weight.counts_for[1]),
        assumptions=words.assumptions,
        evidence=words.evidence,
        next_step=words.next_step,
    )


def _overlap(found: Together) -> UsdRange:
    low, high = (
        sum((weight.alone[end] for weight in found.weights), Decimal(0)) - found.total[end]
        for end in (0, 1)
    )
    return UsdRange(low=max(low, Decimal(0)), high=max(high, Decimal(0)))


def _monthly(table: Table, found: Together, sum_seconds: int) -> Monthly | None:
    row = table.row(["min(timestamp) AS first", "max(timestamp) AS last"])
    first, last = row["first"], row["last"]
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return None
    days = ((last - first).total_seconds() + sum_seconds) / 86_400
    if days < LEAST_DAYS:
        return None
    scale = Decimal(repr(DAYS_OF_MONTH / days))
    return Monthly(
        days=days,
        cost_usd=found.cost_usd * scale,
        saving_usd=UsdRange(low=found.total[0] * scale, high=found.total[1] * scale),
    )
