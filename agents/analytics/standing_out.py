"""Which model, feature, user or error contributed most to an incident."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

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

Sums = Mapping[str, tuple[float, float]]
"""The amount and the number of each group."""


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
    sums: dict[By, dict[Figure, dict[int, Sums]]] = {
        each: _sums(table, window, each, found, cost) for each in by
    }
    return [
        incident.model_copy(update={"stands_out": [*_standing_out(number, incident, by, sums)]})
        for number, incident in enumerate(found)
    ]


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


def _pair(row: dict[str, Any], figure: Figure) -> tuple[float, float]:
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
    for key in {*inside, *usual}:
        expected, share = _expected(by, figure, key, inside, usual, excess)
        shares[key] = ((inside.get(key, (0.0, 0.0))[0] - expected) / excess, share)
    key = max(shares, key=lambda name: (shares[name][0], name))
    of_excess, of_usual = shares[key]
    if of_excess < max(LEAST_SHARE, LEAST_RATIO * of_usual):
        return None
    return StandsOut(by=by, key=key, share_of_excess=of_excess, usual_share=of_usual)


def _expected(
    by: By, figure: Figure, key: str, inside: Sums, usual: Sums, excess: float
) -> tuple[float, float]:
    """What a group would have had in the incident, and its usual share of the amount."""
    amount, number = _total(usual)
    before, before_number = usual.get(key, (0.0, 0.0))
    share = before / amount if amount else 0.0
    if figure in SUMMED:
        return (_total(inside)[0] - excess) * share, share
    if by == "error":  # an error has no requests of its own: all could have ended in it
        return _total(inside)[1] * before / (number or 1), share
    own = inside.get(key, (0.0, 0.0))[1]
    if not amount:  # there never was any: what is usual is the group's share of requests
        return 0.0, before_number / (number or 1)
    rate = before / before_number if before_number else amount / (number or 1)
    return own * rate, share


def _total(sums: Sums) -> tuple[float, float]:
    return sum(amount for amount, _ in sums.values()), sum(number for _, number in sums.values())


def groupings(columns: Sequence[str]) -> list[By]:
    """Those groupings whose column is among `columns`."""
    wanted: tuple[By, ...] = ("model", "feature", "user", "provider", "project")
    found: list[By] = [by for by in wanted if COLUMN[by] in columns]
    return [*found, "error"] if {"error", "status"} & set(columns) else found
