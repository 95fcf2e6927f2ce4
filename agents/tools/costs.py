"""The tool for what requests cost."""

from typing import get_args

from pydantic import BaseModel

from agents.analytics.charts import Axis, Chart
from agents.analytics.cost import Costs, costs
from agents.analytics.filters import Condition
from agents.analytics.groups import CALENDAR, CYCLES, GroupBy
from agents.analytics.money_charts import DOLLARS, bars, cost_by_day
from agents.analytics.priced import Basis
from agents.analytics.profile import Profile
from agents.analytics.savings import Waste, failures, repeats
from agents.analytics.switching import Switch, switches
from agents.analytics.table import Table
from agents.tools.base import Call, tool
from agents.tools.money import PRICED_FROM, cost_basis, drawn
from agents.tools.results import Result, no_rows, one_of, opened, usable_group


class Savings(BaseModel):
    """
    Where to look; None: the data set lacks the columns to tell. Never to be added up: what all
    changes bring together is what `find_savings` computes.
    """

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
    Say what requests cost: in all, each, by day, by group and by kind of token.

    Take it for what was spent and on what; `find_savings` says what could be saved.

    Costs are those of the log; without a cost column they are computed from model, tokens and
    service tier at published prices (`basis` "prices"). Models without a known price are listed,
    never priced at 0. `against_list` sets the log's own costs beside list prices, where discounts
    and mistakes show. Amounts are US dollars as decimal strings. Of all groups, listed or not,
    `extremes` names the highest and the lowest in each figure. `savings` are the largest amounts
    that single changes touch; they overlap, are not weighed against each other and never add up.

    Args:
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        group_by: Also sum the cost of each model, feature, user, provider, project, session, tier,
            hour, day, week (by its Monday), month, hour_of_day (all days together), weekday, status
            or error (of failed requests).
        dataset: Id or name; without it the run's chosen or newest one.
        where: Only requests that satisfy all of these.
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
                "charts": _charts(data.table, found),
            }
        )


def _savings(table: Table, profile: Profile, basis: Basis) -> Savings:
    can_switch = profile.has("feature", *PRICED_FROM) and profile.rows_are == "requests"
    return Savings(
        switches=switches(table, basis) if can_switch else None,
        repeated_requests=repeats(table, basis) if profile.has("prompt_hash") else None,
        failed_requests=failures(table, basis) if profile.has("is_error") else None,
    )


def _charts(table: Table, found: Costs) -> list[Chart]:
    by_group = None
    if found.groups and found.groups.by not in CALENDAR | CYCLES:
        items = found.groups.items
        by = found.groups.by.replace("_", " ")
        axis = Axis(label="cost", unit=DOLLARS)
        cost = {"cost": [item.cost_usd for item in items]}
        by_group = bars(f"Cost by {by}", axis, [item.key for item in items], cost, by)
    return drawn(cost_by_day(table, found.basis), by_group)
