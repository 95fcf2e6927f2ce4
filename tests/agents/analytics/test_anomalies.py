"""Incidents in logs in which something was made to happen."""

import csv
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.analytics.anomalies import WATCHED, Anomalies, anomalies, bucket_seconds
from agents.analytics.incidents import Incident
from agents.analytics.period import ALL
from agents.analytics.readers.read import read_file
from agents.analytics.standing_out import By, explained, groupings
from agents.analytics.table import open_table
from agents.analytics.timeline import DAY, HOUR, MINUTE, Figure, Recording, recording, timeline
from tests.agents.analytics.logs import AZURE, needs_azure, utc
from tests.agents.analytics.made import Made, made

START = utc(2026, 9, 7)  # a Monday
Row = dict[str, Any]
BY: tuple[By, ...] = ("model", "feature", "error")


def usual(days: int = 6, seed: int = 1) -> list[Row]:
    """About 90 requests an hour of two models, one in fifty of which fails."""
    chance = random.Random(seed)
    rows = []
    for hour in range(24 * days):
        for _ in range(round(chance.gauss(90, 6))):
            big = chance.random() < 0.3
            rows.append(
                {
                    "timestamp": START + timedelta(hours=hour, seconds=chance.random() * 3600),
                    "model": "big" if big else "small",
                    "feature": chance.choice(["chat", "search"]),
                    "latency_ms": chance.lognormvariate(6.5 + big, 0.4),
                    "output_tokens": chance.randrange(50, 150),
                    "cost_usd": 0.03 if big else 0.01,
                    "status": "500" if chance.random() < 0.02 else "200",
                }
            )
    return sorted(rows, key=lambda row: row["timestamp"])


def during(rows: list[Row], hours: range, change: Callable[[Row], Row]) -> list[Row]:
    start, end = (START + timedelta(hours=hour) for hour in (hours.start, hours.stop))
    return [change(row) if start <= row["timestamp"] < end else row for row in rows]


def found_in(log: Made, figures: tuple[Figure, ...] = WATCHED) -> Anomalies:
    seconds = bucket_seconds(log.recorded, len(log.rows))
    return anomalies(timeline(log.table, log.recorded, seconds, "log"), figures)


def only(log: Made, figures: tuple[Figure, ...] = WATCHED) -> Incident:
    found = found_in(log, figures)
    [incident] = explained(log.table, found.incidents, found.other_times, BY, "log")
    return incident


def test_of_as_many_users_as_requests_none_stands_out() -> None:
    def fail(row: Row) -> Row:
        return {**row, "status": "503"}

    rows = [{**row, "user": f"u{n}"} for n, row in enumerate(during(usual(), range(60, 63), fail))]
    with made(rows) as log:  # each with all others would be 10^8 steps
        found = found_in(log, ("error_rate",))
        [incident] = explained(log.table, found.incidents, [], ("user", "error"), "log")
    assert [(each.by, each.key) for each in incident.stands_out] == [("error", "503")]


HELD: tuple[Figure, ...] = ("requests", "output_tokens", "cost_usd", "latency_p95_ms", "error_rate")


def test_a_log_like_always_has_no_incidents() -> None:
    with made(usual()) as log:
        found = found_in(log)
    assert found.incidents == []
    assert (found.bucket_seconds, found.buckets) == (HOUR, 144)
    assert found.judged["requests"] == 120  # not the one Saturday
    assert "Not judged: requests per hour, in 24 of 144 cases" in found.not_judged[0]
    assert any("p95 time to first token" in sentence for sentence in found.not_judged)


def test_a_slow_model_is_found_with_its_time_its_size_and_its_cost() -> None:
    def slow(row: Row) -> Row:
        return {**row, "latency_ms": row["latency_ms"] * (8 if row["model"] == "big" else 1)}

    rows = during(usual(), range(50, 52), slow)
    with made(rows) as log:
        incident = only(log, HELD)
    start, end = START + timedelta(hours=50), START + timedelta(hours=52)
    assert (incident.start, incident.end) == (start, end)
    assert incident.main_figure == "latency_p95_ms"
    inside = [row["latency_ms"] for row in rows if start <= row["timestamp"] < end]
    outside = [row["latency_ms"] for row in rows if not start <= row["timestamp"] < end]
    extra = sum(inside) - len(inside) * sum(outside) / len(outside)
    assert incident.extra_waiting_seconds == pytest.approx(extra / 1000)
    assert incident.severity == pytest.approx(extra / (sum(inside) + sum(outside)))
    [standing] = incident.stands_out
    assert (standing.by, standing.key) == ("model", "big")
    of_big = [row for row in rows if row["model"] == "big"]
    big_in = [row["latency_ms"] for row in of_big if start <= row["timestamp"] < end]
    big_out = [row["latency_ms"] for row in of_big if not start <= row["timestamp"] < end]
    of_excess = sum(big_in) - len(big_in) * sum(big_out) / len(big_out)
    assert standing.share_of_excess == pytest.approx(of_excess / extra)
    assert standing.usual_share == pytest.approx(sum(big_out) / sum(outside))


def test_failures_are_found_with_the_error_that_they_were() -> None:
    chance = random.Random(2)

    def failing(row: Row) -> Row:
        return {**row, "status": "503" if chance.random() < 0.4 else row["status"]}

    rows = during(usual(), range(30, 33), failing)
    with made(rows) as log:
        incident = only(log, HELD)
    assert incident.start == START + timedelta(hours=30)
    assert incident.end == START + timedelta(hours=33)
    assert incident.extra_failures == pytest.approx(0.4 * 3 * 90, rel=0.3)
    assert [(each.by, each.key) for each in incident.stands_out] == [("error", "503")]


def test_a_burst_of_one_feature_is_found_with_its_money() -> None:
    start = START + timedelta(hours=70)
    burst = [
        {
            "timestamp": start + timedelta(seconds=n * 3),
            "model": "big",
            "feature": "import",
            "latency_ms": 900,
            "output_tokens": 100,
            "cost_usd": 0.03,
            "status": "200",
        }
        for n in range(1190)
    ]
    with made(sorted([*usual(), *burst], key=lambda row: row["timestamp"])) as log:
        incident = only(log, ("requests", "output_tokens", "cost_usd"))
    assert (incident.start, incident.end) == (start, start + timedelta(hours=1))
    assert {symptom.figure for symptom in incident.symptoms} == {
        "requests",
        "output_tokens",
        "cost_usd",
    }
    assert incident.main_figure == "cost_usd"
    assert incident.extra_requests == pytest.approx(1190, rel=0.03)
    assert float(incident.extra_cost_usd or 0) == pytest.approx(35.7, rel=0.03)
    keys = {each.by: each for each in incident.stands_out}
    assert keys["feature"].key == "import"
    assert keys["feature"].usual_share == 0
    assert keys["feature"].share_of_excess == pytest.approx(1, rel=0.1)


def test_an_outage_is_an_incident_below() -> None:
    gone = (START + timedelta(hours=60), START + timedelta(hours=62))
    rows = [row for row in usual() if not gone[0] <= row["timestamp"] < gone[1]]
    with made(rows) as log:
        incident = only(log, HELD)
    assert (incident.start, incident.end) == gone
    assert {symptom.direction for symptom in incident.symptoms} == {"below"}
    assert incident.extra_requests == pytest.approx(-180, rel=0.1)


def test_the_most_severe_come_first_and_the_list_ends() -> None:
    rows = usual(5)
    for number, hour in enumerate(range(4, 112, 9)):

        def slow(row: Row, factor: int = 4 + number) -> Row:
            return {**row, "latency_ms": row["latency_ms"] * factor}

        rows = during(rows, range(hour, hour + 1), slow)
    with made(rows) as log:
        found = found_in(log, ("latency_p95_ms",))
    severities = [incident.severity for incident in found.incidents]
    assert severities == sorted(severities, reverse=True)
    assert (len(severities), found.incidents_left_out) == (8, 4)
    assert len(found.other_times) == 4


def test_a_short_log_is_refused_with_the_reason() -> None:
    rows = [{"timestamp": START + timedelta(minutes=n), "model": "m"} for n in range(10)]
    with made(rows) as log:
        found = found_in(log, ("requests",))
    assert found.incidents == []
    assert "from 24 whole ones on; the log covers" in found.not_judged[0]


def test_buckets_follow_the_length_and_the_density_of_a_log() -> None:
    def seconds(days: float, requests: int, finest: int = MINUTE) -> int:
        return bucket_seconds(Recording(START, START + timedelta(days=days), finest), requests)

    assert seconds(1 / 24, 9000) == MINUTE
    assert seconds(1, 9000) == 5 * MINUTE
    assert seconds(2, 90_000) == 15 * MINUTE
    assert seconds(14, 90_000) == HOUR
    assert seconds(60, 1000) == DAY
    assert seconds(400, 10**7) == DAY
    assert seconds(30, 10**7, finest=DAY) == DAY


def test_only_groupings_that_the_log_has_are_looked_at() -> None:
    assert groupings(["model", "user_id", "status"]) == ["model", "user", "error"]
    assert groupings(["timestamp"]) == []


@needs_azure
def test_the_azure_trace_bursts_so_much_that_no_minute_stands_out(tmp_path: Path) -> None:
    profile = read_file(AZURE, tmp_path / "dataset")
    recorded = recording(profile, ALL)
    assert recorded is not None
    with open_table(tmp_path / "dataset") as table:
        line = timeline(table, recorded, bucket_seconds(recorded, profile.rows))
        found = anomalies(line, ("requests", "input_tokens", "output_tokens"))
    assert (found.bucket_seconds, found.buckets) == (MINUTE, 56)
    assert found.incidents == []
    with AZURE.open() as file:
        minutes = [row["TIMESTAMP"][11:16] for row in csv.DictReader(file)]
    whole = [f"{18 + minute // 60}:{minute % 60:02}" for minute in range(18, 74)]
    assert line.values("requests") == [minutes.count(minute) for minute in whole]
