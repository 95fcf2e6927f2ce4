"""The tool for failed requests and retries."""

from agents.analytics.charts import Axis, Chart
from agents.analytics.filters import Condition
from agents.analytics.money_charts import bars
from agents.analytics.priced import Basis
from agents.analytics.retries import Failures, Pile, Retries, failures_of, pile, retries
from agents.tools.base import Call, tool
from agents.tools.money import cost_basis, drawn, listed_missing, without
from agents.tools.results import Result, lacking, no_rows, only_sums, opened


class ErrorsResult(Result):
    """
    `failures` is None where the log tells no outcomes, `retries` where it cannot tell which
    requests are the same, `timeout` where latencies do not pile up at a limit.
    """

    failures: Failures | None = None
    retries: Retries | None = None
    timeout: Pile | None = None


@tool(read_only=True)
def analyze_errors(
    call: Call,
    period: str = "all",
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> ErrorsResult:
    """
    Say which requests fail, how often, what that costs, and what is tried again.

    Failures are put into classes (rate limit, timeout, overloaded, server error, content filter, …)
    and counted by model, feature and hour of day, each rate with its 95 % interval. Their cost is a
    range, since providers charge for some failures and not for others. Retries are recognised after
    a failure of the same request, with the seconds that they added; `timeout` is a limit at which
    the latencies of failed requests pile up. Amounts are US dollars as decimal strings.

    Args:
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        dataset: Id or name; without it the run's chosen or newest one.
        where: Count only requests that satisfy all of these.
    """
    with opened(call, dataset, period, where) as data:
        profile = data.profile
        basis, missing, notes = cost_basis(profile)
        singles = profile.rows_are == "requests"
        can_retry = singles and profile.has("timestamp", "is_error")
        found = failures_of(data.table, basis)
        return ErrorsResult(
            computed_from=data.basis,
            missing=listed_missing(lacking(profile, "is_error"), missing),
            notes=[
                *filter(None, [no_rows(data.basis), only_sums(profile, "what was tried again")]),
                *without(profile, "which requests failed", "is_error"),
                *(notes if found else []),
                *_notes(found, basis),
            ],
            failures=found,
            retries=retries(data.table, basis) if can_retry else None,
            timeout=pile(data.table) if singles else None,
            charts=_charts(found) if found else [],
        )


def _notes(found: Failures | None, basis: Basis | None) -> list[str]:
    if found is None or not found.errors or basis != "prices":
        return []
    return [
        "Whether a provider charges for a failed request depends on the provider and the error; "
        "the log does not tell, so the cost of failures lies between 0 and their list price."
    ]


def _charts(found: Failures) -> list[Chart]:
    kinds = {"failed": [float(item.requests) for item in found.classes]}
    hours = sorted(found.hours_of_day, key=lambda item: item.key)
    rates = {"error rate": [item.rate for item in hours]}
    names = [item.kind for item in found.classes]
    return drawn(
        bars("Failed requests by kind", Axis(label="requests"), names, kinds, "kind"),
        bars("Hours that fail most", Axis(label="share"), [it.key for it in hours], rates, "hour"),
    )
