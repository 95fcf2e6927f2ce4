"""
What requests cost: as the log says, or, where it has no costs, at published prices.

Priced costs are those of genai-prices for the tokens of each request at its time, cached input
tokens at the price for cached ones. Models without a known price are listed, never priced at 0.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from agents.analytics.extremes import FEWEST_TO_COMPARE, Value
from agents.analytics.figures import Ratio
from agents.analytics.groups import GROUPINGS, Group, GroupBy, Groups, listed
from agents.analytics.money import Usd
from agents.analytics.per_request import PerRequest, per_request
from agents.analytics.prices import PricedModel, Tokens, find_price, rule_sql, tier_sql
from agents.analytics.table import LOG, Table
from agents.analytics.wording import listing

Basis = Literal["log", "prices"]

MOST_MODELS = 500  # names whose price is looked up; no application uses more
UNKNOWN_SHOWN = 10

_SUMS = (
    "count(*) AS requests",
    "CAST(coalesce(sum(input_tokens), 0) AS BIGINT) AS input",
    # A row that has cached tokens but no input tokens cannot say what they are a part of.
    "CAST(coalesce(sum(cached_tokens) FILTER (input_tokens IS NOT NULL), 0) AS BIGINT) AS cached",
    "CAST(coalesce(sum(output_tokens), 0) AS BIGINT) AS output",
    "CAST(coalesce(sum(cache_write_tokens) FILTER (input_tokens IS NOT NULL), 0) AS BIGINT)"
    " AS written",
)
_TOKENS = "coalesce(input_tokens, 0) + coalesce(output_tokens, 0)"


@dataclass(frozen=True, slots=True)
class Cell:
    """The requests of one group to one model. `cost_usd` is that of all but `uncosted` of them."""

    key: str | None  # None: in no group
    model: str | None
    tokens: Tokens
    cost_usd: Decimal
    uncosted: int
    uncosted_tokens: int


class Spend(BaseModel):
    """Tokens and money of a set of requests. `cost_usd` is that of all but `uncosted` of them."""

    requests: int
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost_usd: Usd
    uncosted: int
    uncosted_tokens: int


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
    `per_request` is known only from a log with costs. `notes` are sentences about what a sum takes
    for granted; they stand among those of the tool's result.
    """

    basis: Basis
    total: Spend
    per_request: PerRequest | None = None
    groups: Groups[GroupSpend] | None = None
    unknown_models: list[UnknownModel] = []
    notes: Annotated[list[str], Field(exclude=True)] = []


def costs(table: Table, basis: Basis, by: GroupBy | None = None) -> Costs:
    """
    The cost of all rows of `table`, and of each group, the most expensive first.

    `basis` "log" needs cost_usd, "prices" needs model, input_tokens and output_tokens.
    """
    cells = cells_of(table, basis, GROUPINGS[by].key if by else "''")
    is_priced = basis == "prices"
    return Costs(
        basis=basis,
        total=spend(cells),
        per_request=None if is_priced else per_request(table),
        groups=_grouped(by, cells) if by else None,
        unknown_models=_unknown(cells) if is_priced else [],
        notes=_notes(cells) if is_priced else [],
    )


def cells_of(table: Table, basis: Basis, key: str, *, source: str = LOG) -> list[Cell]:
    """The rows of `source`, summed by the SQL expression `key` and by model."""
    if basis == "log":
        return list(_logged(table, key, source))
    return list(_priced(table, key, source))


def spend(cells: Sequence[Cell]) -> Spend:
    """The sum of `cells`."""
    return Spend(**_sums(cells))


def _sums(cells: Sequence[Cell]) -> dict[str, Any]:
    return {
        "requests": sum(cell.tokens.requests for cell in cells),
        "input_tokens": sum(cell.tokens.input for cell in cells),
        "cached_tokens": sum(cell.tokens.cached for cell in cells),
        "cache_write_tokens": sum(cell.tokens.written for cell in cells),
        "output_tokens": sum(cell.tokens.output for cell in cells),
        "cost_usd": sum((cell.cost_usd for cell in cells), Decimal(0)),
        "uncosted": sum(cell.uncosted for cell in cells),
        "uncosted_tokens": sum(cell.uncosted_tokens for cell in cells),
    }


def _logged(table: Table, key: str, source: str) -> Iterator[Cell]:
    expressions = (
        f"{key} AS key",
        "model",
        *_SUMS,
        "coalesce(sum(cost_usd), 0) AS cost",
        "count(*) - count(cost_usd) AS uncosted",
        f"CAST(coalesce(sum({_TOKENS}) FILTER (cost_usd IS NULL), 0) AS BIGINT) AS uncosted_tokens",
    )
    for row in table.rows(expressions, "GROUP BY 1, 2", source=source):
        yield Cell(
            row["key"],
            row["model"],
            _tokens(row),
            Decimal(row["cost"]),
            row["uncosted"],
            row["uncosted_tokens"],
        )


def _priced(table: Table, key: str, source: str) -> Iterator[Cell]:
    models = {model.name: model for model in _models(table, source)}
    known = list(models.values())
    expressions = (
        f"{key} AS key",
        "model",
        f"{rule_sql(known)} AS rule",
        f"{tier_sql(known)} AS tier",
        *_SUMS,
    )
    for row in table.rows(expressions, "GROUP BY 1, 2, 3, 4", source=source):
        tokens = _tokens(row)
        if model := models.get(row["model"]):
            cost = model.cost(tokens, rule=row["rule"], tier=row["tier"])
            yield Cell(row["key"], row["model"], tokens, cost, 0, 0)
        else:
            lost = tokens.input + tokens.output
            yield Cell(row["key"], row["model"], tokens, Decimal(0), tokens.requests, lost)


def _models(table: Table, source: str) -> Iterator[PricedModel]:
    tail = f"WHERE model IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT {MOST_MODELS}"
    for row in table.rows(["model"], tail, source=source):
        if model := find_price(row["model"]):
            yield model


def _tokens(row: dict[str, Any]) -> Tokens:
    return Tokens(row["requests"], row["input"], row["cached"], row["output"], row["written"])


def _grouped(by: GroupBy, cells: Iterable[Cell]) -> Groups[GroupSpend]:
    members: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.key is not None:
            members[cell.key].append(cell)
    spends = [GroupSpend(key=key, **_sums(of_key)) for key, of_key in members.items()]
    groups = [Group(item.key, item.requests, dict(_compared(item)), item) for item in spends]
    found = listed(by, groups, "cost_usd")
    return Groups[GroupSpend](
        by=by, items=found.items, left_out=found.left_out, extremes=found.extremes
    )


def _compared(group: GroupSpend) -> Iterator[tuple[str, Value]]:
    yield "requests", group.requests
    costed = group.requests - group.uncosted
    if costed:
        yield "cost_usd", group.cost_usd
    if costed >= FEWEST_TO_COMPARE:
        yield "cost_per_request", group.cost_usd / costed


def _notes(cells: Sequence[Cell]) -> list[str]:
    """How tokens that were written to a provider's cache are priced, if there are any."""
    names = {cell.model for cell in cells if cell.model and cell.tokens.written}
    models = [model for name in sorted(names) if (model := find_price(name))]
    dear = [repr(model.name) for model in models if model.prices_cache_writes]
    plain = [repr(model.name) for model in models if not model.prices_cache_writes]
    notes = []
    if dear:
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


def _unknown(cells: Sequence[Cell]) -> list[UnknownModel]:
    everything = sum(cell.tokens.input + cell.tokens.output for cell in cells)
    found: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.uncosted:
            found[cell.model or "(none)"].append(cell)
    models = [
        UnknownModel(
            model=model,
            requests=sum(cell.uncosted for cell in of_model),
            tokens=(tokens := sum(cell.uncosted_tokens for cell in of_model)),
            share_of_tokens=tokens / everything if everything else 0,
        )
        for model, of_model in found.items()
    ]
    return sorted(models, key=lambda model: (-model.tokens, model.model))[:UNKNOWN_SHOWN]
