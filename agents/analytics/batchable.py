"""
Which features look as if nobody waited for the answer, so that a batch could do their requests.

A log does not say who waits. These are signs, and what shows two of them is a candidate that only
who runs the application can confirm: requests in runs, at a fixed hour, in the quiet hours, evenly
around the clock, without a user or from a single one, or never streamed where others are.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel

from agents.analytics.duck import literal, select
from agents.analytics.figures import Ratio
from agents.analytics.profile import Profile
from agents.analytics.table import LOG, Table
from agents.analytics.timeline import Recording
from agents.analytics.week import QUIET_HOURS, Week

Sign = Literal[
    "comes in runs",
    "comes at a fixed hour",
    "comes in the quiet hours",
    "comes evenly around the clock",
    "has no user or a single one",
    "is never streamed",
]

FEWEST_REQUESTS, FEWEST_DAYS, FEWEST_SIGNS = 100, 2, 2
RUN = 20  # requests of a feature within a minute
RARE = 0.1  # of all minutes, in which there may be runs
IN_RUNS, AT_AN_HOUR, AT_NIGHT = 0.5, 0.5, 0.5  # shares of its requests
EVEN = 2 / 24  # no hour of the day has a larger share
MOST_FEATURES, MOST_SEEN = 20, 1000
_TIMED = "WHERE timestamp IS NOT NULL AND feature IS NOT NULL"


CAUTION = "Candidates are told by signs in the log; ask who runs them whether nobody waits."


class Candidate(BaseModel):
    """A feature that may do without an answer at once. Shares are of its own requests."""

    feature: str
    requests: int
    signs: list[Sign]
    share_in_runs: Ratio
    share_in_quiet_hours: Ratio
    busiest_hour: int  # of the day, UTC
    share_in_busiest_hour: Ratio


class Batchable(BaseModel):
    """`share` is that of the candidates in all requests of the period, an upper bound."""

    candidates: list[Candidate]
    to_confirm: str = CAUTION
    share: Ratio
    features_judged: int
    features: int


def batchable(table: Table, profile: Profile, recorded: Recording, found: Week) -> Batchable | None:
    """The features with two signs or more, the largest first; None without features."""
    features = _features(table)
    if not features:
        return None
    runs = _in_runs(table, most_minutes=RARE * recorded.seconds / 60)
    total = int(table.row(["sum(requests) AS n"])["n"])
    judged = [
        row for row in features if row["requests"] >= FEWEST_REQUESTS and row["days"] >= FEWEST_DAYS
    ][:MOST_FEATURES]
    by_hour = _by_hour(table, [row["feature"] for row in judged])
    candidates = [
        candidate
        for row in judged
        if (
            candidate := _candidate(
                row, by_hour[row["feature"]], runs.get(row["feature"], 0), profile, found
            )
        )
    ]
    return Batchable(
        candidates=candidates,
        share=sum(candidate.requests for candidate in candidates) / (total or 1),
        features_judged=len(judged),
        features=features[0]["names"],
    )


def _features(table: Table) -> list[dict[str, Any]]:
    expressions = (
        "feature",
        "CAST(sum(requests) AS BIGINT) AS requests",
        "count(DISTINCT CAST(timestamp AS DATE)) AS days",
        "count(DISTINCT user_id) AS users",
        "count(ttft_ms) AS streamed",
        "count(*) OVER () AS names",
    )
    tail = f"GROUP BY 1 ORDER BY requests DESC, feature LIMIT {MOST_SEEN}"
    return table.rows(expressions, f"{_TIMED} {tail}")


def _by_hour(table: Table, features: Sequence[str]) -> dict[str, list[int]]:
    expressions = (
        "feature",
        "hour(timestamp) AS hour",
        "CAST(sum(requests) AS BIGINT) AS requests",
    )
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0] * 24)
    names = ", ".join(map(literal, features))
    tail = f"{_TIMED} AND feature IN ({names}) GROUP BY 1, 2"
    for row in table.rows(expressions, tail) if features else ():
        found[row["feature"]][row["hour"]] = row["requests"]
    return found


def _in_runs(table: Table, most_minutes: float) -> dict[str, int]:
    """
    The requests of each feature in minutes with RUN of them or more, where such minutes are rare:
    a feature with many requests in all minutes is busy, and not run.
    """
    minutes = select(
        ["feature", "date_trunc('minute', timestamp) AS minute", "sum(requests) AS c"],
        LOG,
        f"{_TIMED} GROUP BY 1, 2",
    )
    tail = f"WHERE c >= {RUN} GROUP BY 1 HAVING count(*) <= {most_minutes}"
    rows = table.rows(["feature", "CAST(sum(c) AS BIGINT) AS n"], tail, source=f"({minutes})")
    return {row["feature"]: row["n"] for row in rows}


def _candidate(
    row: dict[str, Any], hours: Sequence[int], in_runs: int, profile: Profile, found: Week
) -> Candidate | None:
    requests = row["requests"]
    busiest = max(range(24), key=lambda hour: hours[hour])
    at_night = sum(hours[(found.quiet_from + n) % 24] for n in range(QUIET_HOURS))
    held: dict[Sign, bool] = {
        "comes in runs": in_runs >= IN_RUNS * requests,
        "comes at a fixed hour": hours[busiest] >= AT_AN_HOUR * requests,
        "comes in the quiet hours": at_night >= AT_NIGHT * requests,
        "comes evenly around the clock": hours[busiest] <= EVEN * requests,
        "has no user or a single one": profile.has("user_id") and row["users"] <= 1,
        "is never streamed": profile.has("ttft_ms") and not row["streamed"],
    }
    signs = [sign for sign, holds in held.items() if holds]
    if len(signs) < FEWEST_SIGNS:
        return None
    return Candidate(
        feature=row["feature"],
        requests=requests,
        signs=signs,
        share_in_runs=in_runs / requests,
        share_in_quiet_hours=at_night / requests,
        busiest_hour=busiest,
        share_in_busiest_hour=hours[busiest] / requests,
    )
