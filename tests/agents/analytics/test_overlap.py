"""Levers together: every sum against plain Python over rows, subsets and orders."""

from decimal import Decimal
from itertools import permutations
from math import prod
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.overlap import Together, together
from agents.analytics.table import Table

KINDS = ("failed", "repeat", "batch", "switch")
CENT = Decimal("0.000001")

Row = dict[str, Any]


@st.composite
def shares(draw: st.DrawFn) -> tuple[float, float]:
    """A cautious share of a row's cost and a favourable one."""
    low, high = sorted((draw(st.sampled_from(STEPS)), draw(st.sampled_from(STEPS))))
    return low, high


STEPS = (0.0, 0.05, 0.3, 0.5, 0.9, 1.0)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Rows of a cost, each touched by at most one lever of a kind."""
    found = []
    for _ in range(draw(st.integers(0, 6))):
        levers = {
            kind: (draw(st.sampled_from(["a", "b"])), *draw(shares()))
            for kind in KINDS
            if draw(st.booleans())
        }
        cents = draw(st.one_of(st.none(), st.integers(0, 500)))
        found.append({"paid": None if cents is None else Decimal(cents) / 100, "levers": levers})
    return found


def weighed_rows(found: list[Row], kinds: tuple[str, ...] = KINDS) -> Together:
    with duckdb.connect() as connection:
        columns = ", ".join(
            f"{kind}_lever VARCHAR, {kind}_low DOUBLE, {kind}_high DOUBLE" for kind in kinds
        )
        connection.execute(f"CREATE TABLE given (paid_usd DECIMAL(38,12), requests INT, {columns})")
        for row in found:
            values: list[Any] = [row["paid"], 1]
            for kind in kinds:
                touches = row["levers"].get(kind) if row["paid"] is not None else None
                values += touches or [None, 0, 0]
            marks = ", ".join("?" for _ in values)
            connection.execute(f"INSERT INTO given VALUES ({marks})", values)
        return together(Table(connection), "given", kinds)


def saved(row: Row, kinds: tuple[str, ...], end: int) -> float:
    """What these kinds of levers save of a row together."""
    left: float = prod(1 - row["levers"][kind][end] for kind in kinds if kind in row["levers"])
    return float(row["paid"]) * (1 - left)


def own(row: Row, kind: str, end: int) -> float:
    """
    What a kind adds to those before it, on average over all orders: first what all of them save for
    certain, and then, at the favourable end, what they save more.
    """
    certain = {name: shares[1] for name, shares in row["levers"].items()}
    counts = added(row, kind, dict.fromkeys(certain, 0.0), certain)
    if end == 1:
        return counts
    best = {name: shares[2] for name, shares in row["levers"].items()}
    return counts + added(row, kind, certain, best)


def added(row: Row, kind: str, before: dict[str, float], after: dict[str, float]) -> float:
    """On average over all orders in which the levers are pulled from one share to the other."""
    orders, whole = list(permutations(after)), 0.0
    for order in orders if kind in after else []:
        pulled = {**before, **{name: after[name] for name in order[: order.index(kind)]}}
        left = prod(1 - share for name, share in pulled.items() if name != kind)
        whole += (after[kind] - before[kind]) * left
    return float(row["paid"]) * whole / len(orders)


@settings(max_examples=30, deadline=None)
@given(rows())
def test_together_they_save_what_plain_python_makes_of_each_row(found: list[Row]) -> None:
    result = weighed_rows(found)
    hold_together(result)
    paid = [row for row in found if row["paid"] is not None]
    assert result.cost_usd == sum((row["paid"] for row in paid), Decimal(0))
    assert result.touched_usd == sum((row["paid"] for row in paid if row["levers"]), Decimal(0))
    for end in (0, 1):
        total = sum(saved(row, KINDS, end + 1) for row in paid)
        assert float(result.total[end]) == pytest.approx(total, abs=1e-6)
        for weight in result.weights:
            of_lever = [r for r in paid if r["levers"].get(weight.kind, " ")[0] == weight.name]
            alone = sum(saved(row, (weight.kind,), end + 1) for row in of_lever)
            counts = sum(own(row, weight.kind, end + 1) for row in of_lever)
            assert float(weight.alone[end]) == pytest.approx(alone, abs=1e-6)
            assert float(weight.counts_for[end]) == pytest.approx(counts, abs=1e-6)
            assert weight.requests == len(of_lever)


def hold_together(result: Together) -> None:
    """The total is never above the cost or the sum, and the parts add up to it."""
    for end in (0, 1):
        total = result.total[end]
        assert total <= result.touched_usd + CENT
        assert total <= sum((w.alone[end] for w in result.weights), Decimal(0)) + CENT
        parts = sum((w.counts_for[end] for w in result.weights), Decimal(0))
        assert abs(parts - total) < CENT
        for weight in result.weights:
            assert -CENT <= weight.counts_for[end] <= weight.alone[end] + CENT
    assert all(w.counts_for[0] <= w.counts_for[1] + CENT for w in result.weights)
    assert result.total[0] <= result.total[1] + CENT
    assert result.touched_usd <= result.cost_usd


def test_a_request_that_is_not_made_saves_nothing_more_by_another_model() -> None:
    levers = {"repeat": ("cache", 1.0, 1.0), "switch": ("other", 0.6, 0.8)}
    result = weighed_rows([{"paid": Decimal(10), "levers": levers}])
    assert result.total == (Decimal(10), Decimal(10))
    assert {weight.name: weight.alone[1] for weight in result.weights} == {
        "cache": Decimal(10),
        "other": Decimal(8),
    }
    # Pulled first or second with the same chance: 10 or 4, and 6 or 0; then nothing is left.
    for end in (0, 1):
        assert {weight.name: round(weight.counts_for[end], 6) for weight in result.weights} == {
            "cache": Decimal(7),
            "other": Decimal(3),
        }


def test_eight_levers_on_one_row_still_add_up_exactly() -> None:
    kinds = tuple(f"kind{number}" for number in range(8))
    levers = {kind: (kind, 0.1 * number, 0.125 * number) for number, kind in enumerate(kinds)}
    result = weighed_rows([{"paid": Decimal(100), "levers": levers}], kinds)
    for end in (0, 1):
        parts = sum((weight.counts_for[end] for weight in result.weights), Decimal(0))
        assert abs(parts - result.total[end]) < Decimal("0.0000001")


def test_more_kinds_than_are_exact_are_refused() -> None:
    kinds = tuple(f"kind{number}" for number in range(9))
    with pytest.raises(ValueError, match="Between 1 and 8"):
        weighed_rows([], kinds)
