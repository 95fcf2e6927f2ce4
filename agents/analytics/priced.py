"""
Rows with what they cost: as the log says, and at list prices, by kind of token.

The prices of everything that occurs are laid into a small table, and each row is joined to the one
tile it belongs to. Amounts are decimals, so sums of them are exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import Literal

from agents.analytics.duck import select
from agents.analytics.prices import RATES, PricedModel, Tile, find_price, folded_tier
from agents.analytics.table import LOG, Table

Basis = Literal["log", "prices"]

MOST_SERVED = 500  # models, each by provider and tier; no application uses more

Key = tuple[str | None, ...]

SERVED: Mapping[str, str] = {name: name for name in ("model", "provider", "tier")}
"""The columns that decide what a token costs, beside time and length."""

FEATURE = "coalesce(feature, '(none)')"

KINDS = ("input", "cached", "written", "long_written", "output", "reasoning")
"""Tokens by what they cost; together, without overlap, they are all tokens of a row."""

MONEY = "DECIMAL(38,12)"

NOW = "CAST(now() AS TIMESTAMP)"
ROW_TIME = f"coalesce(timestamp, {NOW})"  # a log without times is priced as of today
TODAY = f"(current_date + CAST({ROW_TIME} AS TIME))"
"""A change that is made now is paid for at today's prices, at the hour of the request."""

# Parts of the input can be no more than all of it, and a row that does not tell the input cannot
# say what its cached tokens are a part of.
_READ = "least(coalesce(cached_tokens, 0), coalesce(input_tokens, 0))"
_WRITTEN = f"least(coalesce(cache_write_tokens, 0), coalesce(input_tokens, 0) - {_READ})"
_LONG = f"least(coalesce(long_cache_write_tokens, 0), {_WRITTEN})"
_THOUGHT = "least(coalesce(reasoning_tokens, 0), coalesce(output_tokens, 0))"

LENGTH = (
    "if(requests = 1, coalesce(input_tokens, 0), coalesce(input_tokens // nullif(requests, 0), 0))"
)
"""
SQL: input tokens of a request, by which its price may depend on its length.

A row that sums up requests has their mean, and where it does not tell how many, none: the price is
then that of short ones.
"""

TOKENS: Mapping[str, str] = {
    "input": f"coalesce(input_tokens, 0) - {_READ} - {_WRITTEN}",
    "cached": _READ,
    "written": f"{_WRITTEN} - {_LONG}",
    "long_written": _LONG,
    "output": f"coalesce(output_tokens, 0) - {_THOUGHT}",
    "reasoning": _THOUGHT,
}
"""SQL: the tokens of a row, by kind."""


def served(table: Table) -> list[Key]:
    """What occurs of SERVED in the log, the most frequent first."""
    columns = ", ".join(SERVED)
    tail = f"WHERE model IS NOT NULL GROUP BY {columns} ORDER BY count(*) DESC LIMIT {MOST_SERVED}"
    return [tuple(row.values()) for row in table.rows(SERVED, tail)]


def price_of(key: Key) -> tuple[PricedModel, str | None] | None:
    """The prices for a model, its provider and its tier, and the tier as the price list names it"""
    model, provider, tier = key
    found = find_price(model, provider) if model else None
    return (found, folded_tier(tier)) if found else None


def lay_out(
    table: Table, name: str, columns: Iterable[str], tiles: Iterable[tuple[Key, Tile]]
) -> None:
    """Make the table `name`: by the values of `columns`, the tiles with their rates."""
    rows = [(*key, *astuple(tile)[:-1], *astuple(tile.rates)) for key, tile in tiles]
    bounds = {
        "since": "DATE",
        "until": "DATE",
        "first": "TIME",
        "last": "TIME",
        "above": "BIGINT",
        "up_to": "BIGINT",
        "of_tier": "BOOLEAN",
    }
    types = {
        **{f"key_{column}": "VARCHAR" for column in columns},
        **bounds,
        **{f"{rate}_rate": "DECIMAL(19,12)" for rate in RATES},
    }
    values: list[list[object]] = [list(column) for column in zip(*rows, strict=True)]
    expressions = [
        f"unnest(CAST(${number} AS {kind}[])) AS {column}"
        for number, (column, kind) in enumerate(types.items(), start=1)
    ]
    statement = f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {', '.join(expressions)}"
    table.connection.execute(statement, values or [[] for _ in types])


def joined(
    name: str, keys: Mapping[str, str], moment: str = ROW_TIME, *, tiles: str | None = None
) -> str:
    """
    SQL: the join of a row to its tile at the time `moment`, in the table `tiles` known as `name`.

    `keys` are the columns that the tiles were laid out by, with what they are in the row.
    """
    same = " AND ".join(
        f"{value} IS NOT DISTINCT FROM {name}.key_{column}" for column, value in keys.items()
    )
    clock = f"CAST({moment} AS TIME)"
    return (
        f"LEFT JOIN {tiles or name} AS {name} ON {same}"
        f" AND {moment} >= {name}.since AND ({name}.until IS NULL OR {moment} < {name}.until)"
        f" AND {clock} >= {name}.first AND ({name}.last IS NULL OR {clock} < {name}.last)"
        f" AND {LENGTH} > {name}.above AND {LENGTH} <= {name}.up_to"
    )


def priced(table: Table, basis: Basis, *, source: str = LOG) -> str:
    """
    SQL of a relation: the rows of `source` with what they cost in US dollars.

    `list_usd` is that at list prices, NULL where none is known or the row does not tell its tokens,
    the sum of one column for each of KINDS (`input_usd`, …) and `fee_usd`; `of_tier` is false where
    it had to be the standard price though the row names another tier. `paid_usd` is what counts as
    the cost by `basis`.
    """
    found = {key: price for key in served(table) if (price := price_of(key))}
    tiles = ((key, tile) for key, (model, tier) in found.items() for tile in model.tiles(tier))
    lay_out(table, "rates", SERVED, tiles)
    parts = {f"{kind}_usd": amount(kind, "rates") for kind in KINDS}
    parts["fee_usd"] = fee("rates")
    expressions = [
        "src.*",
        "rates.of_tier",
        *(f"{expression} AS {name}" for name, expression in parts.items()),
        f"CAST({row_cost('rates', parts)} AS {MONEY}) AS list_usd",
        f"{'list_usd' if basis == 'prices' else f'CAST(cost_usd AS {MONEY})'} AS paid_usd",
    ]
    return f"({select(expressions, f'{source} AS src', joined('rates', SERVED))})"


def amount(kind: str, name: str) -> str:
    """SQL: what the tokens of a kind cost in a row joined to the table `name` of tiles."""
    return f"({TOKENS[kind]}) * {name}.{kind}_rate"


def fee(name: str) -> str:
    """SQL: what a row costs beside its tokens."""
    return f"requests * {name}.fee_rate"


def row_cost(name: str, parts: Iterable[str] = ()) -> str:
    """
    SQL: what a row costs that is joined to the table `name` of tiles, NULL if it does not tell its
    tokens; `parts` are the amounts where they are known by names.

    What writes nothing, such as an embedding or a failed request, need not tell its output.
    """
    told = (
        "input_tokens IS NOT NULL"
        f" AND (output_tokens IS NOT NULL OR is_error OR {name}.output_rate = 0)"
    )
    amounts = list(parts) or [*(amount(kind, name) for kind in KINDS), fee(name)]
    return f"if({told}, {' + '.join(amounts)}, NULL)"
