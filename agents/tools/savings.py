"""The tool for everything that could be saved, together and without overlap."""

from agents.analytics.charts import Axis, Chart
from agents.analytics.filters import Condition
from agents.analytics.levers import Levers, find_levers
from agents.analytics.money_charts import DOLLARS, bars
from agents.analytics.profile import Profile
from agents.tools.base import Call, tool
from agents.tools.money import cost_basis, drawn, listed_missing
from agents.tools.results import Result, labels, lacking, no_rows, only_sums, opened, sum_seconds

HELPFUL = ("feature", "user_id", "prompt_hash", "cached_tokens", "is_error", "timestamp")


class SavingsResult(Result):
    """`levers` is None when no cost is known."""

    levers: Levers | None = None


@tool(read_only=True, timeout_seconds=120)
def find_savings(
    call: Call,
    period: str = "all",
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> SavingsResult:
    """
    Find every way to save that the log shows, ranked, and the total without double counting.

    Take it for what could be saved, or what to do first; only its total may be told as a sum.

    Levers are: not paying for failures, answering repeats from a cache, using the provider's prompt
    cache, not writing to it in vain, batches, and cheaper models for the shorter requests. Each
    states its base (which requests, and their cost), a range of savings, its assumptions, evidence
    and next step. `alone_usd` is what a lever saves by itself, `in_total_usd` its part of the
    total; never add up the former. A `low` of 0 means that nothing is certain. The month is
    extrapolated only from at least a week. Amounts are US dollars as decimal strings.

    Args:
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        dataset: Id or name; without it the run's chosen or newest one.
        where: Look only at requests that satisfy all of these.
    """
    with opened(call, dataset, period, where) as data:
        basis, missing, notes = cost_basis(data.profile)
        result = SavingsResult(
            computed_from=data.basis,
            missing=listed_missing(missing, lacking(data.profile, *HELPFUL)),
            notes=[
                *filter(
                    None,
                    [
                        no_rows(data.basis),
                        only_sums(data.profile, "ways to save other than failures"),
                    ],
                ),
                *notes,
                *_notes(data.profile),
            ],
        )
        if basis is None:
            return result
        call.deps.note("Weighing what could be saved")
        found = find_levers(data.table, basis, sum_seconds=sum_seconds(data.profile))
        return result.model_copy(
            update={
                "levers": found,
                "charts": _charts(found) if found else [],
                "notes": [*result.notes, *_span(found, data.profile)],
            }
        )


def _notes(profile: Profile) -> list[str]:
    missing = lacking(profile, *HELPFUL)
    if not missing:
        return []
    return [f"Without {labels(missing)} some ways to save cannot be seen; more may be possible."]


def _span(found: Levers | None, profile: Profile) -> list[str]:
    if found is None or found.monthly is not None:
        return []
    if not profile.has("timestamp"):
        return ["The rows have no times, so no month is extrapolated from them."]
    return ["The rows span less than a week, so no month is extrapolated from them."]


def _charts(found: Levers) -> list[Chart]:
    names = [lever.title for lever in found.levers]
    parts = {
        "cautious": [lever.in_total_usd.low for lever in found.levers],
        "favourable": [lever.in_total_usd.high for lever in found.levers],
    }
    axis = Axis(label="saving", unit=DOLLARS)
    return drawn(bars("What each lever counts for in the total", axis, names, parts, "lever"))
