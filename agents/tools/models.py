"""The tool for models side by side, and for switches between them."""

from agents.analytics.charts import Axis, Chart
from agents.analytics.filters import Condition
from agents.analytics.models import ModelComparison, compare
from agents.analytics.money_charts import DOLLARS, bars, sizes
from agents.analytics.switching import Switch, switches
from agents.analytics.table import Table
from agents.tools.base import Call, tool
from agents.tools.money import PRICED_FROM, cost_basis, drawn, listed_missing, without
from agents.tools.results import Result, lacking, no_rows, only_sums, opened


class ModelsResult(Result):
    """`comparison` is None without models, `switches` where the log cannot show any."""

    comparison: ModelComparison | None = None
    switches: list[Switch] | None = None


@tool(read_only=True)
def compare_models(
    call: Call,
    period: str = "all",
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> ModelsResult:
    """
    Compare models: cost per request and per million tokens, latency, speed, errors, output length.

    Take it to choose between models, or to look at a single switch with its sizes; `find_savings`
    weighs switches against all other changes.

    `same_work` compares two models over the features that both serve, as if both had the same mix.
    `switches` simulate which share of a dear model's requests, by input and output size, could
    move to which cheaper model, of this log or of the same provider's price list, and what that
    would save: a range with its assumptions. The log does not show how good answers are, so a
    switch has to be tested. Amounts are US dollars as decimal strings, times milliseconds.

    Args:
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        dataset: Id or name; without it the run's chosen or newest one.
        where: Compare only requests that satisfy all of these.
    """
    with opened(call, dataset, period, where) as data:
        profile = data.profile
        basis, missing, notes = cost_basis(profile)
        result = ModelsResult(
            computed_from=data.basis,
            missing=listed_missing(missing, lacking(profile, "model")),
            notes=[
                *filter(None, [no_rows(data.basis), only_sums(profile, "latencies and sizes")]),
                *notes,
            ],
        )
        if not profile.has("model"):
            sentence = without(profile, "how models compare", "model")
            return result.model_copy(update={"notes": [*result.notes, *sentence]})
        singles = profile.rows_are == "requests"
        comparison = compare(data.table, basis, singles=singles)
        found = None
        if basis and profile.has(*PRICED_FROM) and singles:
            call.deps.note("Simulating cheaper models")
            found = switches(data.table, basis)
        return result.model_copy(
            update={
                "comparison": comparison,
                "switches": found,
                "charts": _charts(data.table, comparison, singles=singles),
            }
        )


def _charts(table: Table, found: ModelComparison, *, singles: bool) -> list[Chart]:
    names = [item.model for item in found.models]
    cost = {"cost": [item.cost_per_million_tokens for item in found.models]}
    latency = {
        "p50": [item.latency_p50 for item in found.models],
        "p95": [item.latency_p95 for item in found.models],
    }
    return drawn(
        bars("Cost per million tokens", Axis(label="cost", unit=DOLLARS), names, cost, "model"),
        bars("Latency by model", Axis(label="latency", unit="ms"), names, latency, "model"),
        sizes(table, "input_tokens") if singles else None,
        sizes(table, "output_tokens") if singles else None,
    )
