"""What the planned switches would bring: for each feature and model, by size of the requests."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from agents.analytics.candidates import QUANTILES
from agents.analytics.effects import by_lever
from agents.analytics.figures import Figure, Ratio
from agents.analytics.money import Usd, UsdRange
from agents.analytics.priced import Basis
from agents.analytics.switch_plans import Plan, assumptions, plans, switch_effect
from agents.analytics.table import Table


class Band(BaseModel):
    """What it would be to move all requests up to these sizes, the shortest `quantile` of each."""

    quantile: Ratio
    input_up_to: int
    output_up_to: int
    requests: int
    share_of_requests: Ratio
    cost_usd: Usd
    saving_usd: UsdRange


class Switch(BaseModel):
    """
    Requests of a feature to a model that a cheaper one might answer, and what that would save.

    They succeeded, their tokens and cost are known, and they have at most `input_up_to` input and
    `output_up_to` output tokens: `share_of_requests` of what the feature asks of the model. `bands`
    say what other sizes would bring; the recommended one is among them.
    """

    feature: str
    model: str
    requests: int
    share_of_requests: Ratio
    input_up_to: int
    output_up_to: int
    output_p95: Figure  # of all that the feature asks of the model
    cost_usd: Usd
    other_model: str
    other_from: Literal["log", "price list"]
    other_provider: str
    # Of the feature's requests; None where the log shows no use of it for this feature.
    share_of_other_model: Ratio | None
    saving_usd: UsdRange
    bands: list[Band]
    assumptions: list[str]


def switches(table: Table, basis: Basis) -> list[Switch]:
    """
    The largest savings first; needs model, input_tokens and output_tokens, better with feature.

    The cheaper model writes text, costs at most half for the same tokens, and does not fail more
    than twice as often.
    """
    return simulate(table, basis, plans(table, basis))


def simulate(table: Table, basis: Basis, found: Sequence[Plan]) -> list[Switch]:
    """Those of the planned switches that save anything, the largest savings first."""
    if not found:
        return []
    sums = by_lever(table, basis, switch_effect(table, found, every_band=True))
    worth = [it for plan in found if (it := _switch(plan, sums)).saving_usd.high]
    return sorted(worth, key=lambda switch: -switch.saving_usd.high)


def _switch(plan: Plan, sums: Mapping[str, Mapping[str, Any]]) -> Switch:
    use, to = plan.use, plan.to
    bands = _bands(plan, sums)
    chosen = bands[plan.size]
    return Switch(
        feature=use.feature,
        model=use.model,
        output_p95=use.output_p95,
        other_model=to.model.name,
        other_from="log" if to.in_log else "price list",
        other_provider=to.model.provider.name,
        share_of_other_model=to.proven or None,
        bands=bands,
        assumptions=assumptions(plan),
        **chosen.model_dump(exclude={"quantile"}),
    )


def _bands(plan: Plan, sums: Mapping[str, Mapping[str, Any]]) -> list[Band]:
    """Each band holds those before it."""
    use, bands = plan.use, []
    requests, total = 0, {"cost": Decimal(0), "low": Decimal(0), "high": Decimal(0)}
    for size, quantile in enumerate(QUANTILES):
        if found := sums.get(plan.band(size)):
            requests += found["requests"]
            total = {name: amount + found[name] for name, amount in total.items()}
        bands.append(
            Band(
                quantile=quantile,
                input_up_to=int(use.inputs[size]),
                output_up_to=int(use.outputs[size]),
                requests=requests,
                share_of_requests=requests / use.requests,
                cost_usd=total["cost"],
                saving_usd=UsdRange(low=total["low"], high=total["high"]),
            )
        )
    return bands
