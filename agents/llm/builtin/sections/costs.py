"""The section about what requests cost."""

from decimal import Decimal

from agents.analytics.cost import Costs, GroupSpend
from agents.analytics.groups import Groups
from agents.analytics.savings import Switch
from agents.analytics.wording import counted, listing
from agents.llm.builtin.formatting import money, name, percent, table
from agents.llm.builtin.sections.section import Section, group_name, left_out
from agents.tools.costs import CostResult


def cost_section(result: CostResult, *, with_total: bool = True) -> Section:
    """`with_total` says the total, which several results about the same rows share."""
    costs = result.costs
    if costs is None or not costs.total.requests:
        return Section()
    lead = _total_lead(costs) if with_total else []
    blocks = []
    if costs.groups and costs.groups.items:
        lead += _largest(costs, costs.groups)
        blocks.append(_group_table(costs, costs.groups))
        blocks += left_out(costs.groups.by, costs.groups.left_out)
    return Section(lead, [*blocks, *_unknown(costs)])


def share_of(part: Decimal, whole: Decimal) -> float:
    return float(part / whole) if whole else 0.0


def per_thousand(cost: Decimal, requests: int) -> str:
    return money(cost * 1000 / requests) if requests else ""


def _total_lead(costs: Costs) -> list[str]:
    total = costs.total
    costed = total.requests - total.uncosted
    if not costed:
        return ["None of the requests has a known cost."]
    subject = "At list prices the" if costs.basis == "prices" else "The"
    lead = (
        f"{subject} {counted(costed, 'request')} cost **{money(total.cost_usd)}**, "
        f"{per_thousand(total.cost_usd, costed)} per 1,000."
    )
    if not total.uncosted:
        return [lead]
    return [lead, f"{counted(total.uncosted, 'more request')} have no known cost."]


def _largest(costs: Costs, groups: Groups[GroupSpend]) -> list[str]:
    largest = max(groups.items, key=lambda item: item.cost_usd)
    if not largest.cost_usd:
        return []
    share = share_of(largest.cost_usd, costs.total.cost_usd)
    return [
        f"The largest {groups.by} is {group_name(groups.by, largest.key)} with "
        f"**{percent(share)}** ({money(largest.cost_usd)})."
    ]


def _group_table(costs: Costs, groups: Groups[GroupSpend]) -> str:
    header = [groups.by, "cost", "share", "requests", "per 1,000", "input tokens", "output tokens"]
    rows = [
        [
            group_name(groups.by, item.key),
            "unknown" if item.uncosted == item.requests else money(item.cost_usd),
            percent(share_of(item.cost_usd, costs.total.cost_usd)),
            f"{item.requests:,}",
            per_thousand(item.cost_usd, item.requests - item.uncosted),
            f"{item.input_tokens:,}",
            f"{item.output_tokens:,}",
        ]
        for item in groups.items
    ]
    return table(header, rows)


def _unknown(costs: Costs) -> list[str]:
    if not costs.unknown_models:
        return []
    models = [
        f"{name(unknown.model)} ({percent(unknown.share_of_tokens)} of the tokens)"
        for unknown in costs.unknown_models
    ]
    return [f"No price is known for {listing(models)}; their cost is not in any sum."]


def worth_a_look(switch: Switch) -> str:
    """The largest saving that a model switch may bring, as a hint."""
    return (
        f"Worth a look: the tokens of {name(switch.feature)} at {name(switch.model)} "
        f"({money(switch.cost_usd)}) would cost {money(switch.other_cost_usd)} at "
        f"{name(switch.other_model)}. Whether its answers are good enough has to be tested."
    )
