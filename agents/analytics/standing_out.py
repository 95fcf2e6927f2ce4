"""Which model, feature, user or error contributed most to an incident."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

from agents.analytics.duck import literal
from agents.analytics.groups import COLUMN, GROUPINGS
from agents.analytics.incidents import Incident, StandsOut
from agents.analytics.priced import Basis
from agents.analytics.spent import spent
from agents.analytics.table import Table
from agents.analytics.timeline import SUMMED, Figure

By = Literal["model", "feature", "user", "provider", "project", "error"]

LEAST_SHARE = 0.3  # of the excess; less is spread over many
LEAST_RATIO = 1.5  # of its share in the excess over its usual one
LONGEST_KEY = 120  # characters of a name
MOST_NAMES = 200_000  # of a grouping

USUAL, ANY_OTHER = -1, -2  # beside the numbers of incidents: usual times, incidents not listed

_AMOUNTS: dict[Figure, str] = {
    "requests": "sum(requests)",
    "input_tokens": "coalesce(sum(input_tokens), 0)",
    "output_tokens": "coalesce(sum(output_tokens), 0)",
    "error_rate": "coalesce(sum(requests) FILTER (is_error), 0)",
    "latency_p95_ms": "coalesce(sum(latency_ms), 0)",
    "ttft_p95_ms": "coalesce(sum(ttft_ms), 0)",
}
_NUMBERS: dict[Figure, str] = {
    "error_rate": "coalesce(sum(requests) FILTER (is_error IS NOT NULL), 0)",
    "latency_p95_ms": "count(latency_ms)",
    "ttft_p95_ms": "count(ttft_ms)",
}
"""What an amount is shared by, where its excess is not that of the requests themselves."""

Pair: TypeAlias = tuple[float, float]
"""An amount, and what it is shared by."""
NOTHING: Pair = (0.0, 0.0)
Sums: TypeAlias = Mapping[str, Pair]
"""Those of each group."""


def explained(
    table: Table,
    found: Sequence[Incident],
    others: Sequence[tuple[datetime, datetime]],
    by: Sequence[By],
    cost: Basis | None,
) -> list[Incident]:
    """
    `found` with what stands out in each, among the groupings `by`; `others` are no usual times.

    A group's excess is what it had beyond its usual share of the expected amount (requests, tokens,
    cost), or beyond what its requests would have had at its own usual rate (failures, waiting).
    """
    window = _window_sql(found, others)
    by = _told_apart(table, by) if found else []
    sums: dict[By, dict[Figure, dict[int, Sums]]] = {
        each: _sums(table, window, each, found, cost) for each in by
    }
    return [
        incident.model_copy(update={"stands_out": [*_standing_out(number, incident, by, sums)]})
        for number, incident in enumerate(found)
    ]


def _told_apart(table: Table, by: Sequence[By]) -> list[By]:
    """The groupings without those of names that hardly ever come twice: no memory holds them."""
    if not by:
        return []
    names = table.row([f'approx_count_distinct({_key_sql(each)}) AS "{each}"' for each in by])
    return [each for each in by if names[each] <= MOST_NAMES]


def _window_sql(found: Sequence[Incident], others: Sequence[tuple[datetime, datetime]]) -> str:
    windows = [(incident.start, incident.end, n) for n, incident in enumerate(found)]
    windows += [(start, end, ANY_OTHER) for start, end in others]
    cases = " ".join(
        f"WHEN timestamp >= TIMESTAMP {_moment(start)} AND timestamp < TIMESTAMP {_moment(end)} "
        f"THEN {number}"
        for start, end, number in windows
    )
    return f"CASE {cases} ELSE {USUAL} END" if cases else str(USUAL)


def _moment(moment: datetime) -> str:
    return literal(moment.replace(tzinfo=None).isoformat())


def _sums(
    table: Table, window: str, by: By, found: Sequence[Incident], cost: Basis | None
) -> dict[Figure, dict[int, Sums]]:
    figures = {incident.main_figure for incident in found}
    sums: dict[Figure, dict[int, dict[str, tuple[float, float]]]] = defaultdict(dict)
    key = _key_sql(by)
    expressions = [f"{window} AS number", f"{key} AS key"]
    for figure in figures - {"cost_usd"}:
        number = _NUMBERS.get(figure, "0")
        expressions += [f"{_AMOUNTS[figure]} AS {figure}", f"{number} AS {figure}_number"]
    for row in table.rows(expressions, "WHERE timestamp IS NOT NULL GROUP BY 1, 2"):
        for figure in figures - {"cost_usd"}:
            sums[figure].setdefault(row["number"], {})[row["key"]] = _pair(row, figure)
    if cost and "cost_usd" in figures:
        for label, amount in spent(
            table, cost, f"CAST({window} AS VARCHAR) || ' ' || {key}"
        ).items():
            window_number, _, name = label.partition(" ")
            sums["cost_usd"].setdefault(int(window_number), {})[name] = (float(amount), 0.0)
    return {figure: dict(windows) for figure, windows in sums.items()}


def _key_sql(by: By) -> str:
    key = "coalesce(error, status)" if by == "error" else GROUPINGS[by].key
    return f"left(coalesce(CAST({key} AS VARCHAR), '(none)'), {LONGEST_KEY})"


def _pair(row: dict[str, Any], figure: Figure) -> Pair:
    return float(row[figure]), float(row[f"{figure}_number"])


def _standing_out(
    number: int,
    incident: Incident,
    by: Sequence[By],
    sums: Mapping[By, Mapping[Figure, Mapping[int, Sums]]],
) -> Iterator[StandsOut]:
    figure = incident.main_figure
    expected = sum(
        float(symptom.excess) for symptom in incident.symptoms if symptom.figure == figure
    )
    for each in by:
        windows = sums[each].get(figure, {})
        inside, usual = windows.get(number, {}), windows.get(USUAL, {})
        if each == "error" and figure != "error_rate":
            continue
        if found := _largest(each, figure, inside, usual, expected):
            yield found


def _largest(by: By, figure: Figure, inside: Sums, usual: Sums, excess: float) -> StandsOut | None:
    """The group with most of the excess, if that is more than its usual share."""
    if not inside or not excess:
        return None
    shares: dict[str, tuple[float, float]] = {}
    totals = _total(inside), _total(usual)
    for key in {*inside, *usual}:
        own, before = inside.get(key, NOTHING), usual.get(key, NOTHING)
        expected, share = _expected(by, figure, own, before, totals, excess)
        shares[key] = ((own[0] - expected) / excess, share)
    key = max(shares, key=lambda name: (shares[name][0], name))
    of_excess, of_usual = shares[key]
    if of_excess < max(LEAST_SHARE, LEAST_RATIO * of_usual):
        return None
    return StandsOut(by=by, key=key, share_of_excess=of_excess, usual_share=of_usual)


def _expected(
    by: By, figure: Figure, own: Pair, before: Pair, totals: tuple[Pair, Pair], excess: float
) -> tuple[float, float]:
    """What a group would have had in the incident, and its usual share of the amount."""
    (inside, inside_number), (amount, number) = totals
    share = before[0] / amount if amount else 0.0
    if figure in SUMMED:
        return (inside - excess) * share, share
    if by == "error":  # an error has no requests of its own: all could have ended in it
        return inside_number * before[0] / (number or 1), share
    if not amount:  # there never was any: what is usual is the group's share of requests
        return 0.0, before[1] / (number or 1)
    rate = before[0] / before[1] if before[1] else amount / (number or 1)
    return own[1] * rate, share


def _total(sums: Sums) -> Pair:
    return sum(amount for amount, _ in sums.values()), sum(number for _, number in sums.values())


def groupings(columns: Sequence[str]) -> list[By]:
    """Those groupings whose column is among `columns`."""
    wanted: tuple[By, ...] = ("model", "feature", "user", "provider", "project")
    found: list[By] = [by for by in wanted if COLUMN[by] in columns]
    return [*found, "error"] if {"error", "status"} & set(columns) else found
