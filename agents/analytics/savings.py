"""
What could be saved, computed from the rows themselves; each figure rests on a stated assumption.

Three things are looked for: dear models where a cheaper one of the same log may do, requests that
repeat an earlier one, and requests that failed. A saving is an upper bound, not a promise.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from agents.analytics.cost import Basis, cells_of
from agents.analytics.duck import literal, select
from agents.analytics.figures import Figure, Ratio
from agents.analytics.money import Usd
from agents.analytics.prices import find_price
from agents.analytics.table import LOG, Table

SHORT_ANSWER_TOKENS = 100  # a p95 below it: classifying, routing, extracting, not writing
LEAST_SHARE = 0.01  # of the requests, so that a model tried once is no alternative
LEAST_RATIO = 2  # how many times cheaper the other model must be
MOST_MODELS = 10  # the most used ones are compared
MOST_SWITCHES = 5

_FEATURE = "coalesce(feature, '(none)')"
_BETWEEN = "\x1f"  # stands between feature and model in a key


class Switch(BaseModel):
    """A feature's requests to a model, and what their tokens cost at a cheaper one of this log."""

    feature: str
    model: str
    requests: int
    output_p95: Figure | None
    cost_usd: Usd
    other_model: str
    other_cost_usd: Usd
    saving_usd: Usd
    # Of the feature's requests; None when the cheaper model may do because answers are short.
    share_of_other_model: Ratio | None


class Waste(BaseModel):
    """Requests whose cost bought nothing new; `share` of those looked at, from 0 to 1."""

    requests: int
    looked_at: int
    share: Ratio
    cost_usd: Usd


def switches(table: Table, basis: Basis) -> list[Switch]:
    """
    Feature by feature, models whose work a much cheaper model of the same log may do.

    It may when the answers are short (p95 below 100 output tokens), or when the cheaper model
    already answers at least 1 % of the feature's requests. Assumed is that its answers are good
    enough and as long. Needs feature, model, input_tokens and output_tokens.
    """
    uses = list(_uses(table, basis))
    total = sum(use.requests for use in uses)
    by_model: defaultdict[str, int] = defaultdict(int)
    for use in uses:
        by_model[use.model] += use.requests
    common = sorted(by_model, key=lambda model: (-by_model[model], model))[:MOST_MODELS]
    elsewhere = {
        model: _costs_at(table, model)
        for model in common
        if by_model[model] >= LEAST_SHARE * total and find_price(model)
    }
    found = [switch for use in uses if (switch := _switch(use, uses, elsewhere))]
    return sorted(found, key=lambda switch: -switch.saving_usd)[:MOST_SWITCHES]


def repeats(table: Table, basis: Basis) -> Waste:
    """
    Requests with the prompt and model of an earlier one that succeeded. Needs prompt_hash.

    A cache of answers saves them where an old answer still is a good one.
    """
    nth = "row_number() OVER (PARTITION BY prompt_hash, model ORDER BY timestamp)"
    answered = "WHERE prompt_hash IS NOT NULL AND is_error IS NOT TRUE"
    later = select(["*"], LOG, f"{answered} QUALIFY {nth} > 1")
    return _waste(table, basis, f"({later})", "prompt_hash")


def failures(table: Table, basis: Basis) -> Waste:
    """Requests that failed. Needs is_error."""
    return _waste(table, basis, f"({select(['*'], LOG, 'WHERE is_error')})", "is_error")


@dataclass(frozen=True, slots=True)
class _Use:
    """What a feature asks of a model."""

    feature: str
    model: str
    requests: int
    cost_usd: Decimal
    output_p95: float | None


def _uses(table: Table, basis: Basis) -> Iterator[_Use]:
    columns = (f"{_FEATURE} AS feature", "model", "quantile_cont(output_tokens, 0.95) AS p95")
    lengths = {
        (row["feature"], row["model"]): row["p95"]
        for row in table.rows(columns, "WHERE model IS NOT NULL GROUP BY 1, 2")
    }
    requests: defaultdict[tuple[str, str], int] = defaultdict(int)
    costs: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for cell in cells_of(table, basis, _FEATURE):
        if cell.model is not None:
            requests[cell.key, cell.model] += cell.tokens.requests
            costs[cell.key, cell.model] += cell.cost_usd
    for (feature, model), count in requests.items():
        yield _Use(feature, model, count, costs[feature, model], lengths[feature, model])


def _costs_at(table: Table, other: str) -> dict[str, Decimal]:
    """What the tokens of each feature and model would cost at the model `other`."""
    renamed = select([f"* REPLACE ({literal(other)} AS model)", "model AS asked"], LOG)
    key = f"{_FEATURE} || {literal(_BETWEEN)} || asked"
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    for cell in cells_of(table, "prices", f"coalesce({key}, '')", source=f"({renamed})"):
        costs[cell.key] += cell.cost_usd
    return costs


def _switch(use: _Use, uses: list[_Use], elsewhere: dict[str, dict[str, Decimal]]) -> Switch | None:
    of_feature = {other.model: other.requests for other in uses if other.feature == use.feature}
    answered = sum(of_feature.values())
    proven = {
        model: count / answered
        for model, count in of_feature.items()
        if model != use.model and count >= LEAST_SHARE * answered
    }
    is_short = use.output_p95 is not None and use.output_p95 < SHORT_ANSWER_TOKENS
    key = use.feature + _BETWEEN + use.model
    cheaper = {
        model: costs[key]
        for model, costs in elsewhere.items()
        if (is_short or model in proven) and costs[key] * LEAST_RATIO <= use.cost_usd
    }
    if not cheaper or not use.cost_usd:
        return None
    other = min(cheaper, key=lambda model: (cheaper[model], model))
    return Switch(
        feature=use.feature,
        model=use.model,
        requests=use.requests,
        output_p95=use.output_p95,
        cost_usd=use.cost_usd,
        other_model=other,
        other_cost_usd=cheaper[other],
        saving_usd=use.cost_usd - cheaper[other],
        share_of_other_model=proven.get(other),
    )


def _waste(table: Table, basis: Basis, source: str, column: str) -> Waste:
    cells = cells_of(table, basis, "''", source=source)
    requests = sum(cell.tokens.requests for cell in cells)
    looked_at = table.row([f"count({column}) AS n"])["n"]
    return Waste(
        requests=requests,
        looked_at=looked_at,
        share=requests / looked_at if looked_at else 0,
        cost_usd=sum((cell.cost_usd for cell in cells), Decimal(0)),
    )
