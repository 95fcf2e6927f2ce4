"""
Models side by side: what they cost, how fast they are, how often they fail, how much they write.

Means over different work compare the work, not the models. So two models are also compared over the
features that both serve, each feature with the weight that it has among all requests (direct
standardisation): sum over features of W_f x mean_{model,f}.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any

from pydantic import BaseModel

from agents.analytics.figures import Figure, Ratio
from agents.analytics.money import Usd
from agents.analytics.priced import FEATURE, Basis, priced
from agents.analytics.table import Table

MOST_MODELS = 12
MOST_PAIRS = 6
MOST_FEATURES = 8
FEWEST_FOR_PERCENTILE = {"p50": 6, "p95": 59}  # a 95 % interval of the percentile needs as many
FEWEST_IN_BOTH = 30  # requests of a feature to each of two models, to compare them
FEWEST_OUTCOMES = 20

_SPEED = "if(latency_ms > 0 AND output_tokens > 0, output_tokens * 1000.0 / latency_ms, NULL)"
_VALUES: Mapping[str, str] = {
    "latency_ms": "latency_ms",
    "ttft_ms": "ttft_ms",
    "output_tokens": "output_tokens",
    "tokens_per_second": _SPEED,
}


class ModelFigures(BaseModel):
    """
    Of all requests to a model. A figure is None where the log does not hold it, or where rows that
    are sums, or too few rows, do not allow it: a p50 needs 6 values, a p95 59, a rate 20 outcomes.
    Amounts are for the requests whose cost is known; times are in milliseconds.
    """

    model: str
    requests: int
    share_of_requests: Ratio
    input_tokens: int
    output_tokens: int
    cost_usd: Usd | None
    share_of_cost: Ratio | None
    cost_per_request: Usd | None
    cost_per_million_tokens: Usd | None
    error_rate: Ratio | None
    latency_p50: Figure | None
    latency_p95: Figure | None
    ttft_p50: Figure | None
    ttft_p95: Figure | None
    output_p50: Figure | None
    output_p95: Figure | None
    tokens_per_second_p50: Figure | None


class FeatureModel(BaseModel):
    """What one of the models does for one feature."""

    feature: str
    model: str
    requests: int
    cost_per_request: Usd | None
    latency_p50: Figure | None
    output_p50: Figure | None
    error_rate: Ratio | None


class SameWork(BaseModel):
    """
    Two models over the features that both serve, with at least 30 requests to each. Costs and
    latencies are means per request, as if both had the same mix of features.
    """

    models: tuple[str, str]
    features: list[str]
    requests: tuple[int, int]
    cost_per_request: tuple[Usd, Usd] | None
    latency_mean_ms: tuple[Figure, Figure] | None


class ModelComparison(BaseModel):
    """The models with the highest cost first, else with most requests."""

    models: list[ModelFigures]
    models_left_out: int = 0
    by_feature: list[FeatureModel] = []
    same_work: list[SameWork] = []


def compare(table: Table, basis: Basis | None, *, singles: bool = True) -> ModelComparison:
    """
    Needs model; `basis` None where neither the log nor a price list tells costs.

    Without `singles` each row is a sum, also where it sums up a single request.
    """
    rows = table.rows(
        [
            "model",
            f"{FEATURE} AS name",
            "grouping(name) AS is_total",
            "count(*) AS n",
            "CAST(sum(requests) AS BIGINT) AS counted",
            f"count(*) FILTER ({'requests <> 1' if singles else 'true'}) AS sums",
            "CAST(coalesce(sum(input_tokens), 0) AS BIGINT) AS inputs",
            "CAST(coalesce(sum(output_tokens), 0) AS BIGINT) AS outputs",
            "CAST(coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))"
            " FILTER (paid_usd IS NOT NULL), 0) AS BIGINT) AS paid_tokens",
            "CAST(coalesce(sum(requests) FILTER (paid_usd IS NOT NULL), 0) AS BIGINT) AS paid_for",
            "coalesce(sum(paid_usd), 0) AS cost",
            "count(paid_usd) AS paid",
            "CAST(sum(requests) FILTER (is_error) AS BIGINT) AS errors",
            "CAST(sum(requests) FILTER (is_error IS NOT NULL) AS BIGINT) AS outcomes",
            "avg(latency_ms) AS latency_mean",
            *(f"count({value}) AS {name}_n" for name, value in _VALUES.items()),
            *(
                f"quantile_cont(CAST({value} AS DOUBLE), [0.5, 0.95]) AS {name}_ranks"
                for name, value in _VALUES.items()
            ),
        ],
        "WHERE model IS NOT NULL GROUP BY GROUPING SETS ((model), (model, name))",
        source=priced(table, basis or "prices"),
    )
    totals = [row for row in rows if row["is_total"]]
    totals.sort(key=lambda row: (-row["cost"] if basis else 0, -row["counted"], row["model"]))
    parts = [row for row in rows if not row["is_total"]]
    return ModelComparison(
        models=[_figures(row, totals, basis) for row in totals[:MOST_MODELS]],
        models_left_out=max(len(totals) - MOST_MODELS, 0),
        by_feature=list(_by_feature(parts, basis)),
        same_work=_same_work(parts, basis),
    )


def _figures(
    row: dict[str, Any], everything: Sequence[dict[str, Any]], basis: Basis | None
) -> ModelFigures:
    requests = sum(other["counted"] for other in everything)
    cost = sum((other["cost"] for other in everything), Decimal(0))
    tokens = row["paid_tokens"]
    told = basis and row["paid"]
    return ModelFigures(
        model=row["model"],
        requests=row["counted"],
        share_of_requests=row["counted"] / requests if requests else 0,
        input_tokens=row["inputs"],
        output_tokens=row["outputs"],
        cost_usd=row["cost"] if told else None,
        share_of_cost=float(row["cost"] / cost) if told and cost else None,
        cost_per_request=_per_request(row, basis),
        cost_per_million_tokens=row["cost"] * 10**6 / tokens if told and tokens else None,
        error_rate=_error_rate(row),
        latency_p50=_rank(row, "latency_ms", "p50"),
        latency_p95=_rank(row, "latency_ms", "p95"),
        ttft_p50=_rank(row, "ttft_ms", "p50"),
        ttft_p95=_rank(row, "ttft_ms", "p95"),
        output_p50=_rank(row, "output_tokens", "p50"),
        output_p95=_rank(row, "output_tokens", "p95"),
        tokens_per_second_p50=_rank(row, "tokens_per_second", "p50"),
    )


def _per_request(row: dict[str, Any], basis: Basis | None) -> Decimal | None:
    told = basis and not row["sums"] and row["paid_for"]
    return row["cost"] / row["paid_for"] if told else None


def _error_rate(row: dict[str, Any]) -> float | None:
    outcomes = row["outcomes"] or 0
    return (row["errors"] or 0) / outcomes if outcomes >= FEWEST_OUTCOMES else None


def _rank(row: dict[str, Any], name: str, rank: str) -> float | None:
    if row["sums"] or row[f"{name}_n"] < FEWEST_FOR_PERCENTILE[rank]:
        return None
    return float(row[f"{name}_ranks"][0 if rank == "p50" else 1])


def _by_feature(rows: Sequence[dict[str, Any]], basis: Basis | None) -> Iterator[FeatureModel]:
    """Of the largest features that several models serve."""
    sizes: defaultdict[str, int] = defaultdict(int)
    models: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        if row["counted"] >= FEWEST_IN_BOTH:
            models[row["name"]] += 1
        sizes[row["name"]] += row["counted"]
    shared = [name for name in sizes if models[name] > 1]
    for name in sorted(shared, key=lambda name: (-sizes[name], name))[:MOST_FEATURES]:
        of_feature = [row for row in rows if row["name"] == name]
        largest = sorted(of_feature, key=lambda row: (-row["counted"], row["model"]))
        for row in largest[:4]:
            if row["counted"] >= FEWEST_IN_BOTH:
                yield FeatureModel(
                    feature=name,
                    model=row["model"],
                    requests=row["counted"],
                    cost_per_request=_per_request(row, basis),
                    latency_p50=_rank(row, "latency_ms", "p50"),
                    output_p50=_rank(row, "output_tokens", "p50"),
                    error_rate=_error_rate(row),
                )


def _same_work(rows: Sequence[dict[str, Any]], basis: Basis | None) -> list[SameWork]:
    """The pairs of models that have most requests of the same features."""
    cells = {
        (row["model"], row["name"]): row
        for row in rows
        if row["counted"] >= FEWEST_IN_BOTH and not row["sums"]
    }
    weights: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        weights[row["name"]] += row["counted"]
    models = sorted({model for model, _ in cells})
    found = []
    for pair in combinations(models, 2):
        shared = sorted(name for name in weights if all((model, name) in cells for model in pair))
        if shared:
            found.append(_pair(pair, shared, cells, weights, basis))
    found.sort(key=lambda work: (-sum(work.requests), work.models))
    return found[:MOST_PAIRS]


def _pair(
    pair: tuple[str, str],
    shared: list[str],
    cells: Mapping[tuple[str, str], dict[str, Any]],
    weights: Mapping[str, int],
    basis: Basis | None,
) -> SameWork:
    whole = sum(weights[name] for name in shared)

    def standardised(values: Mapping[tuple[str, str], Any]) -> tuple[Any, Any] | None:
        if any(values[model, name] is None for model in pair for name in shared):
            return None
        first, second = (
            sum(values[model, name] * weights[name] for name in shared) / whole for model in pair
        )
        return first, second

    first, second = (sum(cells[model, name]["counted"] for name in shared) for model in pair)
    return SameWork(
        models=pair,
        features=shared[:MOST_FEATURES],
        requests=(first, second),
        cost_per_request=standardised(
            {key: _per_request(row, basis) for key, row in cells.items()}
        ),
        latency_mean_ms=standardised({key: row["latency_mean"] for key, row in cells.items()}),
    )
