"""
What requests would cost through a batch interface or in a slow tier, at the provider's own prices.

A batch is answered within a day, the flex tier within minutes or not at all; providers sell both
for about half. Only requests that no person waits for can use them, which a log does not say. A
feature is taken for one where signs point to it: no user behind it, answers that were not streamed,
requests that come in runs, and as many at night as by day. Two signs make it a candidate, all that
the log can show make it a likely one; somebody who knows the feature has to decide.
"""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from agents.analytics.duck import literal, select
from agents.analytics.effects import Effect, dollars, simulated
from agents.analytics.figures import Ratio
from agents.analytics.money import Usd
from agents.analytics.priced import (
    FEATURE,
    SERVED,
    TODAY,
    Basis,
    joined,
    lay_out,
    price_of,
    row_cost,
    served,
)
from agents.analytics.table import LOG, Table

FEWEST_REQUESTS = 100
SIGNS_FOR_A_CANDIDATE = 2
RUN = 20  # requests of one user and feature in a minute that no person makes by hand
MOST_IN_RUNS = 0.5
FLAT = 2 / 24  # the busiest hour of the day has less than twice its share
LEAST_SECONDS = 2 * 86_400  # of log before its hours of day say anything
MOST_OPTIONS = 10

_STANDARD = (
    "requests = 1 AND is_error IS NOT TRUE AND paid_usd IS NOT NULL"
    " AND lower(coalesce(tier, 'standard')) NOT IN ('batch', 'flex')"
)

Sign = Literal["no user", "not streamed", "comes in runs", "as many at night"]


class BatchOption(BaseModel):
    """
    A feature's requests that are not in a batch or a slow tier yet.

    The savings are what all of them would save that have such a price, `share_with_batch_price` of
    the cost. `signs` are those that point to nobody waiting, out of `signs_known` that the log can
    show; `candidate` is "likely" with all of them, "possible" with two, None with fewer.
    """

    feature: str
    requests: int
    cost_usd: Usd
    batch_saving_usd: Usd
    flex_saving_usd: Usd
    share_with_batch_price: Ratio
    signs: list[Sign]
    signs_known: list[Sign]
    candidate: Literal["likely", "possible"] | None


@dataclass(frozen=True, slots=True)
class _Signs:
    shown: list[Sign]
    known: list[Sign]

    @property
    def candidate(self) -> Literal["likely", "possible"] | None:
        if len(self.shown) < SIGNS_FOR_A_CANDIDATE:
            return None
        return "likely" if len(self.shown) == len(self.known) else "possible"


def batch_options(table: Table, basis: Basis) -> list[BatchOption]:
    """By feature, the largest saving first; needs model, input_tokens and output_tokens."""
    _lay_out_tiers(table)
    source = f"({select(['src.*', *_tier_columns()], f'{simulated(table, basis)} AS src', _JOINS)})"
    rows = table.rows(
        [
            f"{FEATURE} AS feature",
            "count(*) AS requests",
            "sum(paid_usd) AS cost_usd",
            f"{dollars('paid_usd * ' + _saved('batch'))} AS batch_saving_usd",
            f"{dollars('paid_usd * ' + _saved('flex'))} AS flex_saving_usd",
            f"coalesce(sum(paid_usd) FILTER ({_saved('batch')} > 0), 0) AS with_price",
        ],
        f"WHERE {_STANDARD} GROUP BY 1",
        source=source,
    )
    signs = _signs(table)
    found = [_option(row, signs.get(row["feature"], _Signs([], []))) for row in rows]
    worth = [option for option in found if option.batch_saving_usd or option.flex_saving_usd]
    order = {"likely": 0, "possible": 1, None: 2}
    return sorted(worth, key=lambda it: (order[it.candidate], -it.batch_saving_usd, it.feature))[
        :MOST_OPTIONS
    ]


def batch_effect(table: Table, options: list[BatchOption]) -> Effect:
    """
    The lever of moving features that are candidates to batches.

    Cautious are only likely candidates, favourable the possible ones too.
    """
    _lay_out_tiers(table)
    saved = f"1 - CAST({row_cost('batches')} AS DOUBLE) / nullif(today_usd, 0)"
    candidates = [option for option in options if option.candidate]
    likely = [option for option in candidates if option.candidate == "likely"]
    names = " ".join(
        f"WHEN {FEATURE} = {literal(option.feature)} THEN {literal(option.feature)}"
        for option in candidates
    )
    among = ", ".join(literal(option.feature) for option in likely) or "NULL"
    return Effect(
        kind="batch",
        lever=f"if({_STANDARD}, CASE {names} END, NULL)" if candidates else "NULL",
        low=f"if({FEATURE} IN ({among}), {saved}, 0)",
        high=saved,
        joins=(joined("batches", SERVED, TODAY),),
    )


_JOINS = f"{joined('batches', SERVED, TODAY)} {joined('flexes', SERVED, TODAY)}"


def _lay_out_tiers(table: Table) -> None:
    """What everything in the log would cost in a batch and in the flex tier, where sold so."""
    priced = {key: found[0] for key in served(table) if (found := price_of(key))}
    for name, tier in (("batches", "batch"), ("flexes", "flex")):
        tiles = [
            (key, tile)
            for key, model in priced.items()
            if model.has_tier(tier)
            for tile in model.tiles(tier)
        ]
        lay_out(table, name, SERVED, tiles)


def _tier_columns() -> list[str]:
    return [
        f"CAST({row_cost(name)} AS DOUBLE) AS {tier}_usd"
        for name, tier in (("batches", "batch"), ("flexes", "flex"))
    ]


def _saved(tier: str) -> str:
    return f"greatest(coalesce(1 - {tier}_usd / nullif(today_usd, 0), 0), 0)"


def _option(row: dict[str, Any], signs: _Signs) -> BatchOption:
    with_price = row.pop("with_price")
    enough = row["requests"] >= FEWEST_REQUESTS
    return BatchOption(
        **row,
        share_with_batch_price=float(with_price / row["cost_usd"]) if row["cost_usd"] else 0,
        signs=signs.shown,
        signs_known=signs.known,
        candidate=signs.candidate if enough else None,
    )


def _signs(table: Table) -> dict[str, _Signs]:
    """By feature; a sign that no row of the log could show is not known."""
    runs = select(
        [f"{FEATURE} AS feature", "count(*) AS n"],
        LOG,
        "WHERE requests = 1 AND timestamp IS NOT NULL"
        " GROUP BY 1, user_id, time_bucket(INTERVAL 1 MINUTE, timestamp)",
    )
    hours = select(
        [f"{FEATURE} AS feature", "count(*) AS n"],
        LOG,
        "WHERE requests = 1 AND timestamp IS NOT NULL GROUP BY 1, hour(timestamp)",
    )
    in_runs = {
        row["feature"]: row["share"]
        for row in table.rows(
            ["feature", f"sum(n) FILTER (n >= {RUN}) / sum(n) AS share"],
            "GROUP BY 1",
            source=f"({runs})",
        )
    }
    busiest = {
        row["feature"]: row["share"]
        for row in table.rows(
            ["feature", "max(n) / sum(n) AS share"], "GROUP BY 1", source=f"({hours})"
        )
    }
    rows = table.rows(
        [
            f"{FEATURE} AS feature",
            "count(user_id) AS users",
            "count(ttft_ms) AS streamed",
            "sum(count(user_id)) OVER () AS all_users",
            "sum(count(ttft_ms)) OVER () AS all_streamed",
            "epoch(max(timestamp)) - epoch(min(timestamp)) AS seconds",
        ],
        "WHERE requests = 1 GROUP BY 1",
    )
    found = {}
    for row in rows:
        feature, timed = row["feature"], row["seconds"] is not None
        long = timed and row["seconds"] >= LEAST_SECONDS
        shown: dict[Sign, bool | None] = {
            "no user": not row["users"] if row["all_users"] else None,
            "not streamed": not row["streamed"] if row["all_streamed"] else None,
            "comes in runs": (in_runs[feature] or 0) >= MOST_IN_RUNS if timed else None,
            "as many at night": busiest[feature] < FLAT if long else None,
        }
        found[feature] = _Signs(
            shown=[sign for sign, is_shown in shown.items() if is_shown],
            known=[sign for sign, is_shown in shown.items() if is_shown is not None],
        )
    return found
