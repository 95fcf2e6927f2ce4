"""
What requests cost: as the log says, or, where it has no costs, at published prices.

Priced costs are those of genai-prices for the tokens of each request at its time and tier, each
kind of token at its own price. Models without a known price are listed, never priced at 0.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field

from agents.analytics.extremes import FEWEST_TO_COMPARE, Value
from agents.analytics.figures import Ratio
from agents.analytics.groups import GROUPINGS, Group, GroupBy, Groups, listed
from agents.analytics.listprices import AgainstList, KindSpend, against_list, kinds
from agents.analytics.money import Usd
from agents.analytics.per_request import PerRequest, per_request
from agents.analytics.priced import SERVED, TOKENS, Basis, price_of, priced
from agents.analytics.table import Table
from agents.analytics.wording import counted, listing

__all__ = ("Basis", "Costs", "GroupSpend", "Spend", "UnknownModel", "costs")

UNKNOWN_SHOWN = 10

_ALL_TOKENS = "coalesce(input_tokens, 0) + coalesce(output_tokens, 0)"


def _sum(value: str, only: str = "true") -> str:
    return f"CAST(coalesce(sum({value}) FILTER ({only}), 0) AS BIGINT)"


_SUMS: Mapping[str, str] = {
    "requests": _sum("requests"),
    "uncounted": "count(*) FILTER (requests = 0)",
    "input_tokens": _sum("input_tokens"),
    "cached_tokens": _sum(TOKENS["cached"]),
    "cache_write_tokens": _sum(f"{TOKENS['written']} + {TOKENS['long_written']}"),
    "long_cache_write_tokens": _sum(TOKENS["long_written"]),
    "output_tokens": _sum("output_tokens"),
    "reasoning_tokens": _sum(TOKENS["reasoning"]),
    "cost_usd": "coalesce(sum(paid_usd), 0)",
    "uncosted": _sum("requests", "paid_usd IS NULL"),
    "uncosted_tokens": _sum(_ALL_TOKENS, "paid_usd IS NULL"),
}
_EXPRESSIONS = tuple(f"{expression} AS {name}" for name, expression in _SUMS.items())

_NOTED = (
    "count(*) FILTER (NOT of_tier) AS of_other_tier",
    "count(*) FILTER (of_tier IS NOT NULL AND list_usd IS NULL) AS untold",
    "count(*) FILTER (of_tier IS NOT NULL AND requests <> 1) AS sums",
)
"""Rows with a known price for which a note may be due: `of_tier` is NULL where there is none."""


def _is_zero(number: int) -> bool:
    return not number


class Spend(BaseModel):
    """
    Tokens and money of a set of requests. `cost_usd` is that of all but `uncosted` of them.

    `uncounted` rows do not tell how many requests they sum up, so `requests` lacks theirs.
    """

    requests: int
    uncounted: int = Field(0, exclude_if=_is_zero)
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    long_cache_write_tokens: int = Field(0, exclude_if=_is_zero)  # of them, kept for an hour
    output_tokens: int
    reasoning_tokens: int = Field(0, exclude_if=_is_zero)  # of them
    cost_usd: Usd
    uncosted: int
    uncosted_tokens: int

    @property
    def costed(self) -> int:
        """Requests that the cost can be divided by; 0 where their number is not known."""
        return 0 if self.uncounted else self.requests - self.uncosted


class GroupSpend(Spend):
    key: str


class UnknownModel(BaseModel):
    """A model without a known price, with its share of all tokens, from 0 to 1."""

    model: str
    requests: int
    tokens: int
    share_of_tokens: Ratio


class Costs(BaseModel):
    """
    Where `basis` is "prices", `unknown_models` are those that have none, the largest first.
    `by_kind` divides what the tokens cost at list prices by kind of token, whatever the basis.
    `per_request` and `against_list`, the log's own costs beside list prices, are known only from a
    log with costs. `notes` are sentences about what a sum takes for granted; they stand among those
    of the tool's result.
    """

    basis: Basis
    total: Spend
    by_kind: list[KindSpend] = []
    per_request: PerRequest | None = None
    against_list: AgainstList | None = None
    groups: Groups[GroupSpend] | None = None
    unknown_models: list[UnknownModel] = []
    notes: Annotated[list[str], Field(exclude=True)] = []


def costs(table: Table, basis: Basis, by: GroupBy | None = None) -> Costs:
    """
    The cost of all rows of `table`, and of each group, the most expensive first.

    `basis` "log" needs cost_usd, "prices" needs model, input_tokens and output_tokens.
    """
    source = priced(table, basis)
    is_priced = basis == "prices"
    cells = table.rows(
        [*SERVED, *_EXPRESSIONS, *_NOTED],
        f"GROUP BY {', '.join(SERVED)}",
        source=source,
    )
    return Costs(
        basis=basis,
        total=Spend(**{name: sum((cell[name] for cell in cells), Decimal(0)) for name in _SUMS}),
        by_kind=kinds(table, source),
        per_request=None if is_priced else per_request(table),
        against_list=None if is_priced else against_list(table, source),
        groups=_grouped(table, source, by) if by else None,
        unknown_models=_unknown(cells) if is_priced else [],
        notes=list(_notes(cells)) if is_priced else [],
    )


def _grouped(table: Table, source: str, by: GroupBy) -> Groups[GroupSpend]:
    rows = table.rows([f"{GROUPINGS[by].key} AS key", *_EXPRESSIONS], "GROUP BY 1", source=source)
    spends = [GroupSpend(**row) for row in rows if row["key"] is not None]
    groups = [Group(item.key, item.requests, dict(_compared(item)), item) for item in spends]
    found = listed(by, groups, "cost_usd")
    return Groups[GroupSpend](
        by=by, items=found.items, left_out=found.left_out, extremes=found.extremes
    )


def _compared(group: GroupSpend) -> Iterator[tuple[str, Value]]:
    if not group.uncounted:
        yield "requests", group.requests
    if group.uncounted or group.costed:
        yield "cost_usd", group.cost_usd
    if group.costed >= FEWEST_TO_COMPARE:
        yield "cost_per_request", group.cost_usd / group.costed


def _notes(cells: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What prices take for granted."""
    yield from _write_notes(cells)
    yield from _tier_notes(cells)
    if untold := sum(cell["untold"] for cell in cells):
        yield (
            f"The log does not tell the tokens of {counted(untold, 'row')} of models with a known "
            "price; what they cost is not in any sum."
        )
    long = {
        repr(model.name)
        for cell in cells
        if cell["sums"] and (found := price_of(tuple(cell[column] for column in SERVED)))
        if (model := found[0]).charges_more_for_long_inputs
    }
    if long:
        yield (
            f"Long requests to {listing(sorted(long))} cost more. Rows that sum up requests do "
            "not tell which were long: they are priced by their mean length, or as short ones."
        )


def _write_notes(cells: Sequence[dict[str, Any]]) -> list[str]:
    """How tokens that were written to a provider's cache are priced, if there are any."""
    wrote = {cell["model"]: cell for cell in cells if cell["cache_write_tokens"]}
    models = [
        found[0]
        for name in sorted(filter(None, wrote))
        if (found := price_of(tuple(wrote[name][column] for column in SERVED)))
    ]
    dear = [repr(model.name) for model in models if model.prices_cache_writes]
    plain = [repr(model.name) for model in models if not model.prices_cache_writes]
    notes = []
    if dear and not any(cell["long_cache_write_tokens"] for cell in cells):
        notes.append(
            f"Tokens that {listing(dear)} wrote to the cache cost what a write for the shortest "
            "time costs; one for an hour costs more."
        )
    if plain:
        notes.append(
            f"No price is known for what {listing(plain)} wrote to the cache; it is priced as "
            "other input tokens."
        )
    return notes


def _tier_notes(cells: Sequence[dict[str, Any]]) -> list[str]:
    """Which requests of a special tier had to be priced as standard ones."""
    rows: defaultdict[tuple[str, str], int] = defaultdict(int)
    for cell in cells:
        if cell["of_other_tier"]:
            rows[cell["model"], cell["tier"]] += cell["of_other_tier"]
    return [
        f"No price is known for what {model!r} served as {tier!r} at that time; "
        f"{counted(number, 'row')} cost here what standard requests do."
        for (model, tier), number in sorted(rows.items())[:UNKNOWN_SHOWN]
    ]


def _unknown(cells: Sequence[dict[str, Any]]) -> list[UnknownModel]:
    everything = sum(cell["input_tokens"] + cell["output_tokens"] for cell in cells)
    requests: defaultdict[str, int] = defaultdict(int)
    tokens: defaultdict[str, int] = defaultdict(int)
    for cell in cells:
        if not cell["untold"] and (cell["uncosted"] or cell["uncosted_tokens"]):
            requests[cell["model"] or "(none)"] += cell["uncosted"]
            tokens[cell["model"] or "(none)"] += cell["uncosted_tokens"]
    models = [
        UnknownModel(
            model=model,
            requests=requests[model],
            tokens=lost,
            share_of_tokens=lost / everything if everything else 0,
        )
        for model, lost in tokens.items()
    ]
    return sorted(models, key=lambda model: (-model.tokens, model.model))[:UNKNOWN_SHOWN]
