"""Requests whose cost bought nothing new: repetitions of an earlier one, and failures."""

from pydantic import BaseModel

from agents.analytics.duck import select
from agents.analytics.figures import Ratio
from agents.analytics.money import Usd
from agents.analytics.priced import Basis, priced
from agents.analytics.table import Table


class Waste(BaseModel):
    """
    Requests whose cost bought nothing new; `share` of those looked at, from 0 to 1.

    `cost_usd` is that of all but `uncosted` of them; it is the most that could be saved.
    """

    requests: int
    looked_at: int
    share: Ratio
    cost_usd: Usd
    uncosted: int = 0


def repeats(table: Table, basis: Basis) -> Waste:
    """
    Requests with the prompt and model of an earlier one that succeeded. Needs prompt_hash.

    A cache of answers saves them where an old answer still is a good one.
    """
    nth = "row_number() OVER (PARTITION BY prompt_hash, model ORDER BY timestamp)"
    answered = "WHERE prompt_hash IS NOT NULL AND is_error IS NOT TRUE"
    return _waste(table, basis, "prompt_hash", f"{answered} QUALIFY {nth} > 1")


def failures(table: Table, basis: Basis) -> Waste:
    """Requests that failed. Needs is_error."""
    return _waste(table, basis, "is_error", "WHERE is_error")


def _waste(table: Table, basis: Basis, column: str, tail: str) -> Waste:
    source = priced(table, basis)
    wasted = f"({select(['requests', 'paid_usd'], source, tail)})"
    expressions = (
        "CAST(coalesce(sum(requests), 0) AS BIGINT) AS requests",
        "coalesce(sum(paid_usd), 0) AS cost_usd",
        "CAST(coalesce(sum(requests) FILTER (paid_usd IS NULL), 0) AS BIGINT) AS uncosted",
    )
    (row,) = table.rows(expressions, source=wasted)
    looked_at = table.row([f"sum(requests) FILTER ({column} IS NOT NULL) AS n"])["n"] or 0
    return Waste(**row, looked_at=looked_at, share=row["requests"] / looked_at if looked_at else 0)
