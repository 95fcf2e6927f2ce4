"""The section about what requests cost."""

from collections.abc import Iterator
from decimal import Decimal

from agents.analytics.cost import Costs, GroupSpend
from agents.analytics.groups import Groups
from agents.analytics.switching import Switch
from agents.analytics.wording import counted, listing
from agents.llm.builtin.formatting import figure, money, name, percent, table
from agents.llm.builtin.sections.section import (
    Section,
    contrast,
    extreme_of,
    group_name,
    group_noun,
    left_out,
)
from agents.tools.costs import CostResult


def cost_section(
    result: CostResult, *, with_total: bool = True, per_request: bool = False
) -> Section:
    """
    `with_total` says the total, which several results about the same rows share; `per_request`
    also says what single requests cost.
    """
    costs = result.costs
    if costs is None or not (costs.total.requests or costs.total.cost_usd):
        return Section()
    lead = _total_lead(costs) if with_total else []
    if with_total and per_request:
        lead += _single_requests(costs)
    blocks = []
    if costs.groups and costs.groups.items:
        lead += _largest(costs, costs.groups, per_request=per_request)
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
    if not total.requests:
        subject = "At list prices the usage" if costs.basis == "prices" else "The usage"
        return [f"{subject} cost **{money(total.cost_usd)}**."]
    if not costed:
        return ["None of the requests has a known cost."]
    subject = "At list prices the" if costs.basis == "prices" else "The"
    lead = (
        f"{subject} {counted(costed, 'request')} cost **{money(total.cost_usd)}**, "
        f"{per_thousand(total.cost_usd, costed)} per 1,000."
    )
    if not total.uncosted:
        return [lead]
    has = "has" if total.uncosted == 1 else "have"
    return [lead, f"{counted(total.uncosted, 'more request')} {has} no known cost."]


def _single_requests(costs: Costs) -> Iterator[str]:
    if (single := costs.per_request) is not None:
        yield (
            f"A request costs {money(single.mean)} on average, {money(single.p50)} at the median, "
            f"{money(single.p95)} at the p95; the most expensive one cost **{money(single.max)}**."
        )


def _largest(costs: Costs, groups: Groups[GroupSpend], *, per_request: bool) -> Iterator[str]:
    def with_share(dollars: float) -> str:
        cost = Decimal(str(dollars))
        return f"{money(cost)}, **{percent(share_of(cost, costs.total.cost_usd))}**"

    extreme = extreme_of(groups, "cost_usd")
    if extreme is None and len(groups.items) == 1 and groups.items[0].cost_usd:
        item = groups.items[0]
        yield f"All of it is {group_noun(groups.by)} {group_name(groups.by, item.key)}."
    elif extreme is not None and float(extreme.highest.value):
        yield from contrast(groups, "cost_usd", "costs most", "costs least", with_share)
    if per_request:
        yield from contrast(
            groups,
            "cost_per_request",
            "costs most per request",
            "costs least",
            lambda dollars: money(Decimal(str(dollars))),
        )


def _group_table(costs: Costs, groups: Groups[GroupSpend]) -> str:
    has_cached = any(item.cached_tokens for item in groups.items)
    header = [group_noun(groups.by), "cost", "share", "requests", "per 1,000", "input tokens"]
    header += [*(["of them cached"] if has_cached else []), "output tokens"]
    rows = [
        [
            group_name(groups.by, item.key),
            _cost(item),
            percent(share_of(item.cost_usd, costs.total.cost_usd)),
            figure(item.requests or None),
            per_thousand(item.cost_usd, item.costed),
            f"{item.input_tokens:,}",
            *([_cached(item)] if has_cached else []),
            f"{item.output_tokens:,}",
        ]
        for item in groups.items
    ]
    return table(header, rows)


def _cost(item: GroupSpend) -> str:
    if not item.uncosted:
        return money(item.cost_usd)
    if item.uncosted == item.requests and not item.cost_usd:
        return "unknown"
    return f"{money(item.cost_usd)} and {item.uncosted:,} unknown"


def _cached(item: GroupSpend) -> str:
    return percent(item.cached_tokens / item.input_tokens) if item.input_tokens else ""


def _unknown(costs: Costs) -> list[str]:
    models = [
        f"{name(unknown.model)} ({percent(unknown.share_of_tokens)} of the tokens)"
        for unknown in costs.unknown_models
        if unknown.tokens  # without any there is nothing that a price would change
    ]
    if not models:
        return []
    return [f"No price is known for {listing(models)}; their cost is not in any sum."]


def worth_a_look(switch: Switch) -> str:
    """The largest saving that a model switch may bring, as a hint."""
    return (
        f"Worth a look: the shorter requests of {name(switch.feature)} to {name(switch.model)} "
        f"({money(switch.cost_usd)}) would cost {money(switch.saving_usd.low)} to "
        f"{money(switch.saving_usd.high)} less at {name(switch.other_model)}. Whether its answers "
        "are good enough has to be tested."
    )
