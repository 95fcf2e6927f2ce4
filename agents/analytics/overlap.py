"""
What several levers save together, without counting any dollar twice.

Each lever takes a share s of the cost of the rows that it touches. Together they leave of a row

    cost x (1 - s_1) x (1 - s_2) x ...

since each works on what the others leave: a request that is not made at all saves nothing more by
another model. So the total is never above the cost and never above the sum of what the levers save
alone. That a share stays the same when another lever was pulled first is an approximation where
the levers change different parts of the price, such as a prompt cache and another model.

What a lever counts for in the total is its Shapley value (Shapley, "A value for n-person games",
Annals of Mathematics Studies 28, 1953, 307-317): its contribution on average over all orders in
which the levers could be pulled. For a product the average has a closed form. If every lever gets a
random time between 0 and 1, those before lever l at time x are each there with probability x, so

    phi_l = cost x s_l x integral from 0 to 1 of the product over j other than l of (1 - x s_j)

What the levers save more at the favourable end than at the cautious one, from shares a to b, is
divided in the same way, with all of them pulled that far already:

    phi_l += cost x (b_l - a_l) x integral of the product over j of (1 - a_j - x (b_j - a_j))

So no lever counts for less at the favourable end, and at both ends they add up to the total.

The integrand is a polynomial of a degree below the number of levers, which Gauss and Legendre's
rule with n nodes integrates exactly up to degree 2 n - 1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agents.analytics.effects import dollars
from agents.analytics.table import Table

# On the interval from 0 to 1: the roots of the Legendre polynomial of degree 4, moved. Exact for
# eight effects on a row.
_NODES = (0.06943184420297371, 0.33000947820757187, 0.6699905217924281, 0.9305681557970262)
_WEIGHTS = (0.17392742256872692, 0.3260725774312731, 0.3260725774312731, 0.17392742256872692)
MOST_EFFECTS = 8

ENDS = ("low", "high")

_CERTAIN = "{0}_low * {1}"
_BETWEEN = "({0}_low + {1} * ({0}_high - {0}_low))"


@dataclass(frozen=True, slots=True)
class Weight:
    """Of one lever: the rows it touches, what it saves alone, and what of the total is its own."""

    kind: str
    name: str
    requests: int
    cost_usd: Decimal
    alone: tuple[Decimal, Decimal]  # cautious, favourable
    counts_for: tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Together:
    """All levers; `touched_usd` is the cost of the rows that any of them touches."""

    cost_usd: Decimal
    touched_usd: Decimal
    total: tuple[Decimal, Decimal]
    weights: list[Weight]


def together(table: Table, source: str, kinds: Sequence[str]) -> Together:
    """
    Of the rows of `source`, a relation as `weighed` makes it, with at most eight kinds of effects.

    A row is touched by at most one lever of a kind. One scan of the rows.
    """
    if not 0 < len(kinds) <= MOST_EFFECTS:
        raise ValueError(f"Between 1 and {MOST_EFFECTS} kinds of levers can be weighed.")
    levers = [f"{kind}_lever" for kind in kinds]
    expressions = [
        *levers,
        "CAST(coalesce(sum(requests), 0) AS BIGINT) AS requests",
        "coalesce(sum(paid_usd), 0) AS cost",
    ]
    for end in ENDS:
        expressions.append(f"{dollars(f'paid_usd * (1 - {_left(kinds, end)})')} AS total_{end}")
        for kind in kinds:
            alone = f"paid_usd * {kind}_{end}"
            expressions.append(f"{dollars(alone)} AS {kind}_alone_{end}")
            expressions.append(f"{dollars(_own(kind, kinds, end))} AS {kind}_counts_{end}")
    rows = table.rows(expressions, f"GROUP BY {', '.join(levers)}", source=source)
    return Together(
        cost_usd=_sum(row["cost"] for row in rows),
        touched_usd=_sum(row["cost"] for row in rows if any(row[lever] for lever in levers)),
        total=(_sum(row["total_low"] for row in rows), _sum(row["total_high"] for row in rows)),
        weights=[weight for kind in kinds for weight in _weights(kind, rows)],
    )


def _weights(kind: str, rows: list[dict[str, object]]) -> Iterator[Weight]:
    names = {str(row[f"{kind}_lever"]) for row in rows if row[f"{kind}_lever"] is not None}
    for name in sorted(names):
        of_lever = [row for row in rows if row[f"{kind}_lever"] == name]
        yield Weight(
            kind=kind,
            name=name,
            requests=sum(int(str(row["requests"])) for row in of_lever),
            cost_usd=_sum(row["cost"] for row in of_lever),
            alone=_pair(of_lever, f"{kind}_alone"),
            counts_for=_pair(of_lever, f"{kind}_counts"),
        )


def _pair(rows: list[dict[str, object]], name: str) -> tuple[Decimal, Decimal]:
    return _sum(row[f"{name}_low"] for row in rows), _sum(row[f"{name}_high"] for row in rows)


def _sum(amounts: Iterator[object]) -> Decimal:
    return sum((Decimal(str(amount)) for amount in amounts), Decimal(0))


def _left(kinds: Sequence[str], end: str) -> str:
    """SQL: what is left of a row's cost when all levers were pulled."""
    return " * ".join(f"(1 - {kind}_{end})" for kind in kinds)


def _own(kind: str, kinds: Sequence[str], end: str) -> str:
    """SQL: what of the total is this lever's own."""
    certain = f"paid_usd * {kind}_low * ({_average(kind, kinds, _CERTAIN)})"
    if end == "low":
        return certain
    more = f"paid_usd * ({kind}_high - {kind}_low) * ({_average(kind, kinds, _BETWEEN)})"
    return f"{certain} + {more}"


def _average(kind: str, kinds: Sequence[str], pulled: str) -> str:
    """
    SQL: what the other levers leave for this one, on average over all orders; `pulled` is the share
    that the lever {0} takes with the probability {1}.
    """
    others = [other for other in kinds if other != kind]
    return " + ".join(
        " * ".join([repr(weight), *(f"(1 - {pulled.format(it, repr(node))})" for it in others)])
        for node, weight in zip(_NODES, _WEIGHTS, strict=True)
    )
