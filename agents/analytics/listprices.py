"""Costs at list prices: by kind of token, and beside what the log says was paid."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from agents.analytics.figures import Figure, Ratio
from agents.analytics.money import Usd
from agents.analytics.priced import KINDS, TOKENS
from agents.analytics.table import Table

MODELS_SHOWN = 10

Kind = Literal[
    "input", "cached input", "cache write", "cache write for an hour", "output", "reasoning", "fee"
]

_NAMES: dict[str, Kind] = {
    "input": "input",
    "cached": "cached input",
    "written": "cache write",
    "long_written": "cache write for an hour",
    "output": "output",
    "reasoning": "reasoning",
}


class KindSpend(BaseModel):
    """Tokens of one kind, without those of the others, and their cost; fees have no tokens."""

    kind: Kind
    tokens: int
    cost_usd: Usd  # at list prices, of the models that have one
    share: Ratio  # of the cost of all kinds, from 0 to 1


class ModelAgainstList(BaseModel):
    """`ratio` is what was paid over what list prices make of it: 0.8 is a fifth less."""

    model: str
    requests: int
    paid_usd: Usd
    list_usd: Usd
    ratio: Figure


class AgainstList(BaseModel):
    """
    The log's own costs beside list prices, of the rows that have both and did not fail.

    A ratio below 1 may be a negotiated discount, batch or cached tokens that the log does not tell,
    one above 1 a fee of a gateway, a dearer region or a mistake; the log does not tell which.
    """

    requests: int
    paid_usd: Usd
    list_usd: Usd
    ratio: Figure | None
    models: list[ModelAgainstList] = []  # those with the largest difference in dollars


def kinds(table: Table, source: str) -> list[KindSpend]:
    """Of the rows of `source`, as `priced` makes it, that have a list price."""
    expressions = [
        *(f"CAST(coalesce(sum({TOKENS[kind]}), 0) AS BIGINT) AS {kind}_tokens" for kind in KINDS),
        *(f"coalesce(sum({kind}_usd), 0) AS {kind}_cost" for kind in (*KINDS, "fee")),
    ]
    (row,) = table.rows(expressions, "WHERE list_usd IS NOT NULL", source=source)
    whole = sum((row[f"{kind}_cost"] for kind in (*KINDS, "fee")), Decimal(0))
    return [
        KindSpend(
            kind=_NAMES.get(kind, "fee"),
            tokens=row.get(f"{kind}_tokens", 0),
            cost_usd=row[f"{kind}_cost"],
            share=float(row[f"{kind}_cost"] / whole) if whole else 0,
        )
        for kind in (*KINDS, "fee")
        if row.get(f"{kind}_tokens") or row[f"{kind}_cost"]
    ]


def against_list(table: Table, source: str) -> AgainstList | None:
    """From rows with cost_usd; None when no row has both."""
    expressions = (
        "model",
        "CAST(sum(requests) AS BIGINT) AS requests",
        "sum(paid_usd) AS paid_usd",
        "sum(list_usd) AS list_usd",
    )
    both = "WHERE cost_usd IS NOT NULL AND list_usd IS NOT NULL AND is_error IS NOT TRUE GROUP BY 1"
    rows = table.rows(expressions, both, source=source)
    if not rows:
        return None
    models = [
        ModelAgainstList(**row, ratio=float(row["paid_usd"] / row["list_usd"]))
        for row in sorted(rows, key=lambda row: -abs(row["paid_usd"] - row["list_usd"]))
        if row["list_usd"]
    ]
    paid = sum((row["paid_usd"] for row in rows), Decimal(0))
    listed = sum((row["list_usd"] for row in rows), Decimal(0))
    return AgainstList(
        requests=sum(row["requests"] for row in rows),
        paid_usd=paid,
        list_usd=listed,
        ratio=float(paid / listed) if listed else None,
        models=models[:MODELS_SHOWN],
    )
