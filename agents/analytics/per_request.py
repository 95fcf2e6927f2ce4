"""What a single request costs, where the log says it."""

from pydantic import BaseModel

from agents.analytics.money import Usd
from agents.analytics.table import Table


class PerRequest(BaseModel):
    """Of the requests whose cost is known; percentiles are interpolated linearly."""

    mean: Usd
    p50: Usd
    p95: Usd
    max: Usd


def per_request(table: Table) -> PerRequest | None:
    """From cost_usd; None when no request has a cost, or some rows sum up several requests."""
    row = table.row(
        [
            "count(cost_usd) AS costed",
            "sum(cost_usd) AS total",
            "quantile_cont(cost_usd, [0.5, 0.95]) AS ranks",
            "max(cost_usd) AS largest",
            "count(*) FILTER (requests <> 1) AS sums",
        ]
    )
    if row["sums"] or not row["costed"]:
        return None
    p50, p95 = row["ranks"]
    return PerRequest(mean=row["total"] / row["costed"], p50=p50, p95=p95, max=row["largest"])
