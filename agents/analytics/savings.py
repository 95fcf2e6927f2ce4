"""
What could be saved, computed from the rows themselves; each figure rests on a stated assumption.

Three things are looked for: dear models where a cheaper one of the same log may do, requests that
repeat an earlier one, and requests that failed. A saving is an upper bound, not a promise.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from agents.analytics.cost import Basis, cells_of
from agents.analytics.duck import literal, select
from agents.analytics.figures import Figure, Ratio
from agents.analytics.money import Usd
from agents.analytics.prices import PricedModel, find_price
from agents.analytics.table import LOG, Table

SHORT_ANSWER_TOKENS = 100  # a p95 below it: classifying, routing, extracting, not writing
LEAST_SHARE = 0.01  # of the requests, so that a model tried once is no alternative
LEAST_RATIO = 2  # how many times cheaper the other model must be
MOST_MODELS = 10  # the most used ones are compared
MOST_SWITCHES = 5
LEAST_OUTCOMES = 100  # of a model, for its error rate to say something
WORST_ERROR_RATIO = 2  # an alternative that fails more often than this is none

# What genai-prices knows by such a name is priced by tokens too, but answers with something else.
_NO_TEXT = re.compile(
    r"embed|rerank|moderation|audio|whisper|transcri|speech|\btts\b|realtime|image|dall-?e",
    re.IGNORECASE,
)

_FEATURE = "coalesce(feature, '(none)')"
_BETWEEN = "\x1f"  # stands between feature and model in a key


class Switch(BaseModel):
    """
    A feature's requests to a model, and what their tokens cost at a cheaper one of this log.

    They are those that succeeded and whose tokens and cost are known, on both sides.
    """

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
    """
    Requests whose cost bought nothing new; `share` of those looked at, from 0 to 1.

    `cost_usd` is that of all but `uncosted` of them.
    """

    requests: int
    looked_at: int
    share: Ratio
    cost_usd: Usd
    uncosted: int = 0


def switches(table: Table, basis: Basis) -> list[Switch]:
    """
    Feature by feature, models whose work a much cheaper model of the same log may do.

    It may when the answers are short (p95 below 100 output tokens), or when the cheaper model
    already answers at least 1 % of the feature's requests. Both must write text, and the cheaper
    one must not fail more than twice as often. Assumed is that its answers are good enough and as
    long. Needs feature, model, input_tokens and output_tokens.
    """
    compared = _compared(basis)
    writers = _writers(table)
    uses = [use for use in _uses(table, basis, compared) if use.model in writers]
    total = sum(use.requests for use in uses)
    by_model: defaultdict[str, int] = defaultdict(int)
    for use in uses:
        by_model[use.model] += use.requests
    common = sorted(by_model, key=lambda model: (-by_model[model], model))[:MOST_MODELS]
    elsewhere = {
        model: _costs_at(table, model, compared)
        for model in common
        if by_model[model] >= LEAST_SHARE * total and find_price(model)
    }
    error_rates = _error_rates(table)
    found = [switch for use in uses if (switch := _switch(use, uses, elsewhere, error_rates))]
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


def _compared(basis: Basis) -> str:
    """
    The rows whose cost can be set against that at another model.

    A failed request would cost there what its prompt does, though it may be charged for nothing
    here; one without a cost or without tokens would count on one side only.
    """
    known = ["model IS NOT NULL", "input_tokens IS NOT NULL", "output_tokens IS NOT NULL"]
    if basis == "log":
        known.append("cost_usd IS NOT NULL")
    tail = f"WHERE is_error IS NOT TRUE AND {' AND '.join(known)}"
    return f"({select(['*'], LOG, tail)})"


def _writers(table: Table) -> set[str]:
    """The models that write text, as far as their names, prices and rows tell."""
    tail = "WHERE model IS NOT NULL GROUP BY 1 HAVING sum(output_tokens) > 0"
    models = [str(row["model"]) for row in table.rows(["model"], tail)]
    return {model for model in models if _writes_text(model, find_price(model))}


def _writes_text(model: str, priced: PricedModel | None) -> bool:
    if priced is None:
        return True
    has_output_price = all(rule.prices.output_mtok is not None for rule in priced.prices)
    return has_output_price and not _NO_TEXT.search(model)


def _error_rates(table: Table) -> dict[str, float]:
    """Of the models with enough requests whose outcome is known, from 0 to 1."""
    tail = f"WHERE model IS NOT NULL GROUP BY 1 HAVING count(is_error) >= {LEAST_OUTCOMES}"
    rate = "count(*) FILTER (is_error) / count(is_error) AS rate"
    return {row["model"]: row["rate"] for row in table.rows(["model", rate], tail)}


def _uses(table: Table, basis: Basis, source: str) -> Iterator[_Use]:
    columns = (f"{_FEATURE} AS feature", "model", "quantile_cont(output_tokens, 0.95) AS p95")
    lengths = {
        (row["feature"], row["model"]): row["p95"]
        for row in table.rows(columns, "GROUP BY 1, 2", source=source)
    }
    requests: defaultdict[tuple[str, str], int] = defaultdict(int)
    costs: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for cell in cells_of(table, basis, _FEATURE, source=source):
        if cell.key is not None and cell.model is not None:
            requests[cell.key, cell.model] += cell.tokens.requests
            costs[cell.key, cell.model] += cell.cost_usd
    for (feature, model), count in requests.items():
        yield _Use(feature, model, count, costs[feature, model], lengths[feature, model])


def _costs_at(table: Table, other: str, source: str) -> dict[str, Decimal]:
    """What the tokens of each feature and model would cost at the model `other`."""
    renamed = select([f"* REPLACE ({literal(other)} AS model)", "model AS asked"], source)
    key = f"{_FEATURE} || {literal(_BETWEEN)} || asked"
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    for cell in cells_of(table, "prices", key, source=f"({renamed})"):
        costs[cell.key or ""] += cell.cost_usd
    return costs


def _switch(
    use: _Use,
    uses: list[_Use],
    elsewhere: Mapping[str, dict[str, Decimal]],
    error_rates: Mapping[str, float],
) -> Switch | None:
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
        if (is_short or model in proven)
        and costs[key] * LEAST_RATIO <= use.cost_usd
        and not _fails_more(model, use.model, error_rates)
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


def _fails_more(model: str, than: str, error_rates: Mapping[str, float]) -> bool:
    if model not in error_rates or than not in error_rates:
        return False
    return error_rates[model] > WORST_ERROR_RATIO * error_rates[than]


def _waste(table: Table, basis: Basis, source: str, column: str) -> Waste:
    cells = cells_of(table, basis, "''", source=source)
    requests = sum(cell.tokens.requests for cell in cells)
    looked_at = table.row([f"count({column}) AS n"])["n"]
    return Waste(
        requests=requests,
        looked_at=looked_at,
        share=requests / looked_at if looked_at else 0,
        cost_usd=sum((cell.cost_usd for cell in cells), Decimal(0)),
        uncosted=sum(cell.uncosted for cell in cells),
    )
