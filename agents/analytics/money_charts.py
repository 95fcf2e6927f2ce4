"""Pictures of money and sizes: cost by day, cost by group, figures by model, sizes of requests."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from agents.analytics.charts import MOST_BARS, Axis, BarChart, Histogram, LineChart, Series
from agents.analytics.priced import Basis, priced
from agents.analytics.table import Table

MOST_DAYS = 92  # a quarter
DOLLARS = "US dollars"


def cost_by_day(table: Table, basis: Basis) -> LineChart | None:
    """The last days with requests, in UTC, at most 92; None for fewer than two."""
    rows = table.rows(
        ["strftime(timestamp, '%Y-%m-%d') AS day", "sum(paid_usd) AS cost"],
        f"WHERE timestamp IS NOT NULL GROUP BY 1 ORDER BY 1 DESC LIMIT {MOST_DAYS}",
        source=priced(table, basis),
    )
    if len(rows) < 2:
        return None
    return LineChart(
        title="Cost by day",
        x_axis=Axis(label="day", kind="time"),
        y_axis=Axis(label="cost", unit=DOLLARS),
        x=[row["day"] for row in reversed(rows)],
        series=[Series(name="cost", y=[_number(row["cost"]) for row in reversed(rows)])],
    )


def bars(
    title: str,
    axis: Axis,
    keys: Sequence[str],
    series: Mapping[str, Sequence[float | Decimal | None]],
    by: str,
) -> BarChart | None:
    """One value for each key and series, the first 40 keys; None without any value."""
    shown = {name: [_number(value) for value in values] for name, values in series.items()}
    shown = {name: values for name, values in shown.items() if any(values)}
    if not keys or not shown:
        return None
    return BarChart(
        title=title,
        x_axis=Axis(label=by, kind="category"),
        y_axis=axis,
        x=list(keys[:MOST_BARS]),
        series=[Series(name=name, y=values[:MOST_BARS]) for name, values in shown.items()],
    )


def sizes(table: Table, column: Literal["input_tokens", "output_tokens"]) -> Histogram | None:
    """Requests by size, each step twice the one before; None for rows that are sums."""
    rows = table.rows(
        [
            f"if({column} = 0, -1, CAST(floor(log2({column})) AS INTEGER)) AS step",
            "count(*) AS n",
        ],
        f"WHERE {column} IS NOT NULL AND requests = 1 GROUP BY 1 ORDER BY 1",
    )
    if not rows:
        return None
    counts = {row["step"]: row["n"] for row in rows}
    steps = range(min(counts), max(counts) + 1)
    label = column.replace("_", " ")
    return Histogram(
        title=f"Requests by {label}",
        x_axis=Axis(label=label, unit="tokens"),
        edges=[_edge(step) for step in (*steps, steps[-1] + 1)],
        counts=[counts.get(step, 0) for step in steps],
    )


def _edge(step: int) -> float:
    return 0.0 if step < 0 else float(2**step)


def _number(value: float | Decimal | None) -> float | None:
    return None if value is None else float(value)
