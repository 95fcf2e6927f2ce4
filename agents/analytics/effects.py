"""
What a change would do to the cost of each row, as SQL, so that several can be weighed together.

An effect names a lever for each row that it touches and the share of the row's cost that it takes
away: a cautious one and a favourable one, both from 0 to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.analytics.duck import select
from agents.analytics.priced import KINDS, SERVED, TODAY, Basis, joined, priced, row_cost
from agents.analytics.table import LOG, Table
from agents.analytics.traced import traced


@dataclass(frozen=True, slots=True)
class Effect:
    """
    `lever` is SQL: the name of the lever that touches a row, NULL for none. `low` and `high` are
    shares of the row's cost. They are written over the columns of `simulated`, those of `traced`
    that `needs` names, and what `joins` add.
    """

    kind: str
    lever: str
    low: str
    high: str
    joins: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def simulated(table: Table, basis: Basis, *needs: str) -> str:
    """
    SQL of a relation: the rows as `priced` makes them, with the columns of `traced` that are named,
    and with `today_usd`, what a row costs at today's list prices, and `today_…_rate`, the price of
    a token of each kind: a change that is made now is paid at those, before and after.
    """
    paid = priced(table, basis, source=traced(*needs) if needs else LOG)
    rates = [f"todays.{kind}_rate AS today_{kind}_rate" for kind in KINDS]
    columns = ["paid.*", *rates, f"CAST({row_cost('todays')} AS DOUBLE) AS today_usd"]
    join = joined("todays", SERVED, TODAY, tiles="rates")
    return f"({select(columns, f'{paid} AS paid', join)})"


def share(saved: str) -> str:
    """SQL: a share of the cost as a number from 0 to 1, 0 where it is not known."""
    return f"least(greatest(coalesce(CAST({saved} AS DOUBLE), 0), 0), 1)"


def weighed(source: str, effects: Sequence[Effect]) -> str:
    """
    SQL of a relation: of each row of `source` its cost, and for each effect `…_lever`, `…_low`
    and `…_high`. Shares are 0 where no lever touches the row, and low is never above high.
    """
    columns = ["src.paid_usd", "src.requests"]
    for effect in effects:
        touched = f"({effect.lever}) IS NOT NULL AND src.paid_usd IS NOT NULL"
        low, high = share(effect.low), share(effect.high)
        columns += [
            f"if({touched}, {effect.lever}, NULL) AS {effect.kind}_lever",
            f"if({touched}, least({low}, {high}), 0) AS {effect.kind}_low",
            f"if({touched}, {high}, 0) AS {effect.kind}_high",
        ]
    joins = " ".join(join for effect in effects for join in effect.joins)
    return f"({select(columns, f'{source} AS src', joins)})"


def by_lever(table: Table, basis: Basis, effect: Effect) -> dict[str, dict[str, Any]]:
    """What each lever of an effect would save alone: requests, cost, low and high, by its name."""
    expressions = (
        f"{effect.kind}_lever AS name",
        "CAST(sum(requests) AS BIGINT) AS requests",
        "sum(paid_usd) AS cost",
        f"{dollars(f'paid_usd * {effect.kind}_low')} AS low",
        f"{dollars(f'paid_usd * {effect.kind}_high')} AS high",
    )
    source = weighed(simulated(table, basis, *effect.needs), [effect])
    tail = f"WHERE {effect.kind}_lever IS NOT NULL GROUP BY 1"
    return {row["name"]: row for row in table.rows(expressions, tail, source=source)}


def dollars(saved: str) -> str:
    """SQL: the sum of amounts that were computed with fractions, as an amount of money."""
    return f"CAST(coalesce(sum({saved}), 0) AS DECIMAL(38,10))"
