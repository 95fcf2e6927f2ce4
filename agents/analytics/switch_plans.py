"""
Simulated switches: requests of a feature that a much cheaper model might answer.

Moved are only those whose input and output are no longer than a quantile of the feature's own
sizes, and some of them are kept as hard. For each request the saving is

    1 - q - (t (I - h c) p_in + t h c p_read + t v O p_out) / today's cost of the request

with I, c, O its input, cached and output tokens and p the other model's prices of today, t how many
tokens the other tokenizer makes of the same text, v how much longer it answers, h whether its cache
works as well, and q the share that the dear model must answer after all. The cautious end takes the
dearest of these, the favourable end the cheapest. A cascade pays while q stays below 1 - cost'/cost
(Chen, Zaharia and Zou, "FrugalGPT", arXiv:2305.05176). That a size says how hard a request is, is
itself an assumption: FrugalGPT and RouteLLM (arXiv:2406.18665) judged by content.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from agents.analytics.candidates import (
    QUANTILES,
    WORK,
    Candidate,
    Use,
    candidate,
    error_rates,
    uses,
)
from agents.analytics.duck import literal
from agents.analytics.effects import Effect, simulated
from agents.analytics.priced import FEATURE, TODAY, Basis, joined, lay_out, served
from agents.analytics.prices import find_price, folded_tier
from agents.analytics.table import Table

MOST_SWITCHES = 5
LEAST_REQUESTS = 30  # of a feature to a model, for its sizes to say something
LEAST_OF_COST = Decimal("0.01")  # a smaller share of all cost is not worth the work
KEPT = (0.05, 0.2)  # share of the moved requests that the dear model answers after all
LENGTHS = (0.7, 1.5)  # how long answers of another model are, where the log does not tell
SPREAD = 0.1  # around the ratio of lengths that the log tells
LEAST_LENGTHS = 30  # requests of both models, for that ratio

# Anthropic says that its newer tokenizer makes "approximately 30 percent more tokens" of the same
# text; between providers no ratio is published, and these are usual for English.
NEWER_TOKENIZER = (1.0, 1.35)
OTHER_TOKENIZER = (0.85, 1.2)
SAME_TOKENIZER = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A switch before it is computed; pairs are the favourable and the cautious value."""

    use: Use
    to: Candidate
    size: int  # index of the quantile up to which requests move
    tokens: tuple[float, float]
    lengths: tuple[float, float]

    @property
    def name(self) -> str:
        return f"{self.use.feature}\x1f{self.use.model}"

    @property
    def of_use(self) -> str:
        """SQL: whether a row is of this feature and model."""
        return f"{FEATURE} = {literal(self.use.feature)} AND model = {literal(self.use.model)}"

    def band(self, size: int) -> str:
        return f"{self.name}\x1f{size}"

    def sized(self, names: Mapping[int, str]) -> str:
        """SQL: of a row of this use the name of the first of these sizes that holds it."""
        cases = (
            f"WHEN input_tokens <= {int(self.use.inputs[size])}"
            f" AND output_tokens <= {int(self.use.outputs[size])} THEN {literal(name)}"
            for size, name in names.items()
        )
        return f"CASE {' '.join(cases)} END"


def plans(table: Table, basis: Basis) -> list[Plan]:
    """The switches to simulate, those of the dearest work."""
    found = uses(table, simulated(table, basis))
    everything = sum((use.cost_usd for use in found), Decimal(0))
    rates = error_rates(table)
    planned = []
    for use in found:
        if use.requests < LEAST_REQUESTS or use.cost_usd < LEAST_OF_COST * everything:
            continue
        if to := candidate(use, found, rates):
            planned.append(_plan(use, to, found))
    return planned[:MOST_SWITCHES]


def switch_effect(table: Table, found: Sequence[Plan], *, every_band: bool = False) -> Effect:
    """
    What the planned switches do to each row; a lever is a switch.

    With `every_band` rows of all sizes count, and a lever is the smallest band that holds the row.
    """
    keys = {"feature": FEATURE, "model": "model", "tier": "tier"}
    tiers: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for model, _, tier in served(table):
        tiers[model].add(tier)
    tiles = [
        ((plan.use.feature, plan.use.model, tier), tile)
        for plan in found
        for tier in tiers[plan.use.model]
        for tile in plan.to.model.tiles(folded_tier(tier))
    ]
    lay_out(table, "others", keys, tiles)
    every = range(len(QUANTILES))
    levers = [
        plan.sized({it: plan.band(it) for it in every} if every_band else {plan.size: plan.name})
        for plan in found
    ]
    cases = (f"WHEN {plan.of_use} THEN {it}" for plan, it in zip(found, levers, strict=True))
    return Effect(
        kind="switch",
        lever=f"if({WORK}, CASE {' '.join(cases)} END, NULL)",
        low=_saved(found, 1, "0"),
        high=_saved(found, 0, "cached_tokens"),
        joins=(joined("others", keys, TODAY),),
    )


def _saved(found: Sequence[Plan], end: Literal[0, 1], cached: str) -> str:
    """SQL: the share of a row's cost at the favourable (0) or the cautious (1) end."""
    tokens = _by_use(found, lambda plan: plan.tokens[end])
    lengths = _by_use(found, lambda plan: plan.lengths[end])
    read = f"least(coalesce({cached}, 0), input_tokens)"
    other = (
        f"({tokens}) * ((input_tokens - {read}) * others.input_rate"
        f" + {read} * others.cached_rate + ({lengths}) * output_tokens * others.output_rate)"
    )
    return f"1 - {KEPT[end]} - ({other}) / nullif(today_usd, 0)"


def _by_use(found: Sequence[Plan], value: Callable[[Plan], float]) -> str:
    cases = (f"WHEN {plan.of_use} THEN CAST({value(plan)!r} AS DOUBLE)" for plan in found)
    return f"CASE {' '.join(cases)} END"


def _plan(use: Use, to: Candidate, everywhere: Sequence[Use]) -> Plan:
    """The shorter the answers and the better known the other model, the more may move."""
    size = 2 if use.is_short else 1 if to.proven else 0
    mine, other = find_price(use.model, use.provider), to.model
    assert mine is not None
    if mine.provider.id != other.provider.id:
        tokens = OTHER_TOKENIZER
    else:
        tokens = NEWER_TOKENIZER if mine.provider.id == "anthropic" else SAME_TOKENIZER
    return Plan(use, to, size, tokens, _lengths(use, other.name, everywhere))


def _lengths(use: Use, other: str, everywhere: Sequence[Use]) -> tuple[float, float]:
    """How long the other model's answers are beside this one's: as the log tells, or assumed."""
    for its in everywhere:
        enough = min(its.requests, use.requests) >= LEAST_LENGTHS
        if (its.feature, its.model) == (use.feature, other) and enough and use.outputs[0]:
            ratio = its.outputs[0] / use.outputs[0]
            return ratio * (1 - SPREAD), ratio * (1 + SPREAD)
    return LENGTHS


def assumptions(plan: Plan) -> list[str]:
    (few, many), (short, long) = plan.tokens, plan.lengths
    kept = f"{KEPT[0]:.0%} to {KEPT[1]:.0%}"
    size = f"{QUANTILES[plan.size]:.0%}"
    same = "the same number of tokens" if few == many else f"{few:g} to {many:g} times the tokens"
    return [
        "The log does not show how good answers are; whether those of the other model are good "
        "enough has to be tested.",
        f"Moved are requests no longer than the shorter {size} in input and in output; {kept} of "
        "them turn out too hard and are paid for twice.",
        f"The other model makes {same} of the same text, and its answers are {short:.2g} to "
        f"{long:.2g} times as long.",
        "Both models are paid for at today's list prices and in the tier of each request, with the "
        "discount there is now.",
    ]
