"""The tool for what requests cost, and what could be saved."""

from importlib.metadata import version
from typing import get_args

from pydantic import BaseModel

from agents.analytics.cost import Basis as CostBasis
from agents.analytics.cost import Costs, costs
from agents.analytics.filters import Condition
from agents.analytics.groups import GroupBy
from agents.analytics.profile import Profile
from agents.analytics.savings import Switch, Waste, failures, repeats, switches
from agents.analytics.table import Table
from agents.tools.base import Call, tool
from agents.tools.results import Result, labels, lacking, no_rows, one_of, opened, usable_group

PRICED_FROM = ("model", "input_tokens", "output_tokens")


class Savings(BaseModel):
    """Upper bounds. None: the data set lacks the columns to tell."""

    switches: list[Switch] | None = None
    repeated_requests: Waste | None = None
    failed_requests: Waste | None = None


class CostResult(Result):
    """`costs` is None when the data set holds neither costs nor what they could be priced from."""

    costs: Costs | None = None
    savings: Savings = Savings()


@tool(read_only=True)
def analyze_costs(
    call: Call,
    period: str = "all",
    group_by: GroupBy | None = None,
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> CostResult:
    """
    Say what requests cost, in all, each, and by group, and what could be saved.

    Costs are those of the log; without a cost column they are computed from model and tokens at
    published prices (`basis` "prices"). Models without a known price are listed, never priced at 0.
    Amounts are US dollars as decimal strings. Of all groups, listed or not, `extremes` names the
    highest and the lowest in each figure. Savings are upper bounds: cheaper models of the same
    log for the same tokens, repeated requests, failed requests.

    Args:
        period: English, such as "last 7 days", "yesterday", "since Tuesday",
            "2026-11-01 to 2026-11-07" or "all". Relative ones count from the last row.
        group_by: Also sum the cost of each model, feature, user, hour, day, week (by its Monday),
            month, hour_of_day (all days together), weekday, status or error (of failed requests).
        dataset: Id or name, as `inspect_data` gives it; without it the run's chosen or newest one.
        where: Only requests that satisfy all of these conditions, such as
            [{"column": "model", "operator": "is", "values": ["gpt-4o"]}].
    """
    one_of(group_by, (None, *get_args(GroupBy)), "group_by")
    with opened(call, dataset, period, where) as data:
        basis, missing, notes = cost_basis(data.profile)
        by, missing_group, group_notes = usable_group(data.profile, group_by)
        result = CostResult(
            computed_from=data.basis,
            missing=[*missing, *missing_group],
            notes=[*filter(None, [no_rows(data.basis)]), *notes, *group_notes],
        )
        if basis is None:
            return result
        found = costs(data.table, basis, by)
        call.deps.note("Looking for savings")
        return result.model_copy(
            update={
                "notes": [*result.notes, *found.notes],
                "costs": found,
                "savings": _savings(data.table, data.profile, basis),
            }
        )


def cost_basis(profile: Profile) -> tuple[CostBasis | None, list[str], list[str]]:
    """Where costs come from, the columns that are missing, and a sentence about it."""
    if profile.has("cost_usd"):
        return "log", [], []
    missing = lacking(profile, *PRICED_FROM)
    if missing:
        sentence = (
            f"The data set has no cost column, and without {labels(missing, 'and')} requests "
            "cannot be priced, so their cost cannot be said."
        )
        return None, ["cost_usd", *missing], [sentence]
    sentence = (
        "The data set has no cost column. Costs are computed from model and tokens at the list "
        f"prices of genai-prices {version('genai-prices')}, without discounts."
    )
    return "prices", ["cost_usd"], [sentence]


def _savings(table: Table, profile: Profile, basis: CostBasis) -> Savings:
    return Savings(
        switches=switches(table, basis) if profile.has("feature", *PRICED_FROM) else None,
        repeated_requests=repeats(table, basis) if profile.has("prompt_hash") else None,
        failed_requests=failures(table, basis) if profile.has("is_error") else None,
    )
