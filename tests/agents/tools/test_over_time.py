"""The tools over time: what they return for a log, and what they say where it does not tell."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agents.analytics.filters import Condition
from agents.exceptions import ToolError
from agents.tools.anomalies import AnomaliesResult, find_anomalies
from agents.tools.correlation import CorrelationResult, correlate
from agents.tools.forecast import ForecastResult, forecast_usage
from agents.tools.patterns import PatternsResult, usage_patterns
from agents.tools.performance import analyze_performance
from agents.tools.results import Result
from agents.tools.trends import TrendsResult, analyze_trends
from tests.agents.analytics.logs import AZURE, needs_azure, utc
from tests.agents.analytics.made import as_csv
from tests.agents.analytics.sample import sample_log
from tests.agents.desk import Desk

Analysis = Callable[..., Result]
ANALYSES: tuple[Analysis, ...] = (analyze_trends, find_anomalies, correlate, forecast_usage)
analyses = pytest.mark.parametrize("analysis", ANALYSES, ids=lambda tool: tool.__name__)
START = utc(2026, 8, 3)
LARGEST_RESULT = 20_000  # characters of JSON


def growing(days: int = 30) -> str:
    """From 60 requests a day on, three more each day, with one hour of failures."""
    chance = random.Random(3)
    rows: list[dict[str, Any]] = []
    for day in range(days):
        for _ in range(60 + 3 * day):
            moment = START + timedelta(days=day, seconds=chance.random() * 86_400)
            rows.append(
                {
                    "timestamp": moment,
                    "model": chance.choice(["gpt-4o", "gpt-4o-mini"]),
                    "feature": chance.choice(["chat", "search"]),
                    "user": f"u{chance.randrange(9)}",
                    "input_tokens": chance.randrange(100, 900),
                    "output_tokens": chance.randrange(10, 200),
                    "latency_ms": round(chance.lognormvariate(7, 0.4), 3),
                    "cost_usd": "0.01",
                    "status": "503" if day == 20 and chance.random() < 0.6 else "200",
                }
            )
    return as_csv(sorted(rows, key=lambda row: row["timestamp"]))


@analyses
def test_a_result_is_small_and_comes_back_from_json(desk: Desk, analysis: Analysis) -> None:
    desk.add("log", growing())
    arguments = {"group_by": "model"} if analysis is analyze_trends else {}
    found = analysis(desk.call(), **arguments)
    text = found.model_dump_json()
    assert len(text) < LARGEST_RESULT
    assert type(found).model_validate_json(text).computed_from.rows == found.computed_from.rows
    assert "NaN" not in text


@analyses
def test_a_period_without_rows_is_a_result_that_says_so(desk: Desk, analysis: Analysis) -> None:
    desk.add("log", sample_log(rows=20))
    found = analysis(desk.call(), period="2020-01-01")
    assert found.computed_from.rows == 0
    assert "no rows in this period" in found.notes[0]


@analyses
def test_a_log_without_times_or_measures_says_what_is_missing(
    desk: Desk, analysis: Analysis
) -> None:
    desk.add("log", "model,output_tokens\nm,5\nm,6\n")
    found = analysis(desk.call())
    assert found.missing
    assert any("does not tell when" in note or "has no latency" in note for note in found.notes)


@analyses
def test_conditions_choose_the_rows(desk: Desk, analysis: Analysis) -> None:
    desk.add("log", growing(6))
    where = Condition(column="model", operator="is", values=["gpt-4o"])
    found = analysis(desk.call(), where=[where])
    assert found.computed_from.where == "model gpt-4o"
    assert 0 < found.computed_from.rows < found.computed_from.rows_in_dataset


@analyses
def test_one_row_is_too_little_and_no_error(desk: Desk, analysis: Analysis) -> None:
    line = "2026-08-03T10:00:00Z,m,5,7,900,0.1,200\n"
    desk.add(
        "log", f"timestamp,model,input_tokens,output_tokens,latency_ms,cost_usd,status\n{line}"
    )
    assert analysis(desk.call()).computed_from.rows == 1


def test_growth_is_a_rising_trend_with_its_percentage(desk: Desk) -> None:
    desk.add("log", growing())
    found = analyze_trends(desk.call(), metric="volume", group_by="feature")
    assert isinstance(found, TrendsResult)
    volume = found.trends[0]
    assert (volume.key, volume.verdict) == (None, "rising")
    assert {trend.key for trend in found.trends} == {None, "chat", "search"}
    assert [series.name for series in found.charts[0].series] == ["all", "chat", "search"]  # type: ignore[union-attr]


def test_a_grouping_that_is_not_there_is_said_to_be_missing(desk: Desk) -> None:
    desk.add("log", growing(6))
    found = analyze_trends(desk.call(), group_by="project")
    assert "project" in found.missing
    with pytest.raises(ToolError, match="'model', 'feature'"):
        analyze_trends(desk.call(), group_by="planet")  # type: ignore[arg-type]


def test_a_day_of_failures_is_an_incident_with_its_error(desk: Desk) -> None:
    desk.add("log", growing())
    found = find_anomalies(desk.call(), metric="errors")
    assert isinstance(found, AnomaliesResult)
    assert found.anomalies is not None
    [incident] = found.anomalies.incidents
    assert incident.start == START + timedelta(days=20)
    assert [(each.by, each.key) for each in incident.stands_out] == [("error", "503")]
    assert found.charts


def test_cost_goes_with_tokens_or_is_said_to_be_missing(desk: Desk) -> None:
    desk.add("log", sample_log(without=("cost_usd",)))
    found = correlate(desk.call(), target="cost")
    assert isinstance(found, CorrelationResult)
    assert (found.correlations, found.missing) == (None, ["cost_usd"])
    assert "It can be asked for latency" in found.notes[0]


def test_six_months_at_a_third_more_are_planned_and_the_forecast_says_how_far_it_goes(
    desk: Desk,
) -> None:
    desk.add("log", growing())
    found = forecast_usage(desk.call(), horizon=6, horizon_unit="months", growth_factor=1.3)
    assert isinstance(found, ForecastResult)
    assert found.capacity is not None
    assert found.capacity.spend is not None
    spent = sum(60 + 3 * day for day in range(30)) * 0.01
    month = spent / 30 * 30.4375
    assert float(found.capacity.spend.per_month) == pytest.approx(month)
    assert float(found.capacity.spend.total_at_growth) == pytest.approx(6 * 1.3 * month)
    assert found.forecast is not None
    assert found.forecast.end - found.forecast.start == timedelta(days=15)
    assert any("15 days ahead and not 183 days" in note for note in found.notes)


@pytest.mark.parametrize(
    "arguments", [{"horizon": 0}, {"horizon": 1e9}, {"growth_factor": 0}, {"growth_factor": -1}]
)
def test_a_horizon_or_a_growth_without_sense_is_refused(
    desk: Desk, arguments: dict[str, float]
) -> None:
    desk.add("log", growing(3))
    with pytest.raises(ToolError, match="lies between 0 and"):
        forecast_usage(desk.call(), **arguments)  # type: ignore[arg-type]


def test_patterns_have_what_runs_at_once_and_the_week(desk: Desk) -> None:
    desk.add("log", growing())
    found = usage_patterns(desk.call())
    assert isinstance(found, PatternsResult)
    assert found.underway is not None
    assert found.concurrency is not None
    assert found.underway.mean == pytest.approx(found.concurrency.mean, rel=0.01)
    assert found.charts[0].type == "heat_map"
    assert len(found.model_dump_json()) < LARGEST_RESULT


def test_sums_of_days_have_trends_and_forecasts_but_no_latency(desk: Desk) -> None:
    chance = random.Random(5)
    rows: list[dict[str, Any]] = [
        {
            "timestamp": START + timedelta(days=day),
            "model": model,
            "requests": 100 + 10 * day + chance.randrange(9),
            "output_tokens": 1000 * day + 500,
            "latency_ms": 5.0,
        }
        for day in range(20)
        for model in ("a", "b")
    ]
    handle = desk.add("sums", as_csv(rows))
    profile = handle.profile.model_copy(update={"rows_are": "sums", "bucket_seconds": 86_400})
    desk.handles[0] = replace(handle, profile=profile)
    found = analyze_trends(desk.call())
    verdicts = {trend.figure: trend.verdict for trend in found.trends}
    assert verdicts == {"requests": "rising", "output_tokens": "rising"}
    assert found.trends[0].buckets == 20
    assert any("how long requests take cannot be said" in note for note in found.notes)
    ahead = forecast_usage(desk.call(), horizon=7, growth_factor=2)
    assert ahead.forecast is not None
    assert ahead.capacity is not None
    assert ahead.capacity.requests_per_day is not None
    daily = sum(row["requests"] for row in rows) / 20
    assert ahead.capacity.requests_per_day.at_growth == pytest.approx(2 * daily)
    assert ahead.capacity.peak_concurrency is None
    assert find_anomalies(desk.call()).anomalies is not None
    assert correlate(desk.call()).correlations is None
    patterns = usage_patterns(desk.call())
    assert (patterns.underway, patterns.burstiness, patterns.week) == (None, None, None)


def sums_of(days: int, every: int, bucket_seconds: int | None, desk: Desk) -> None:
    rows = [
        {"timestamp": START + timedelta(days=day), "requests": 100, "output_tokens": 1000 + day}
        for day in range(0, days, every)
    ]
    handle = desk.add("sums", as_csv(rows))
    told = {"rows_are": "sums", "bucket_seconds": bucket_seconds}
    desk.handles[0] = replace(handle, profile=handle.profile.model_copy(update=told))


def test_sums_of_weeks_are_compared_week_by_week(desk: Desk) -> None:
    sums_of(140, 7, 7 * 86_400, desk)
    requests, tokens = analyze_trends(desk.call()).trends
    assert requests.verdict == "no trend"
    assert requests.from_level == pytest.approx(100)
    assert (tokens.verdict, tokens.bucket_seconds) == ("rising", 7 * 86_400)
    assert tokens.change_per_day == pytest.approx(1)
    assert find_anomalies(desk.call()).anomalies.incidents == []  # type: ignore[union-attr]
    ahead = forecast_usage(desk.call(), growth_factor=2)
    assert ahead.forecast is None
    assert "Each row sums up 7 days; a forecast takes shorter ones." in ahead.notes
    assert ahead.capacity is not None
    assert ahead.capacity.requests_per_day is not None
    assert ahead.capacity.requests_per_day.now == pytest.approx(100 / 7)


@pytest.mark.parametrize("analysis", [analyze_trends, find_anomalies, forecast_usage])
def test_of_sums_of_nobody_knows_how_long_nothing_is_said_over_time(
    desk: Desk, analysis: Analysis
) -> None:
    sums_of(140, 31, None, desk)
    found = analysis(desk.call())
    assert any("sums up is not known, or differs from row to row" in note for note in found.notes)
    assert not found.charts


def test_a_row_with_a_wrong_year_is_seen_in_the_forecast_and_breaks_nothing(desk: Desk) -> None:
    last = "2099-01-01T00:00:00+00:00,gpt-4o,chat,u1,1,1,1,0.01,200\n"
    desk.add("log", growing() + last)
    found = forecast_usage(desk.call(), horizon=120, horizon_unit="months")
    assert found.forecast is not None
    assert any("Nothing happened in 180 of the last 180 days" in note for note in found.notes)
    assert len(found.model_dump_json()) < LARGEST_RESULT
    trends = analyze_trends(desk.call(), group_by="model")
    assert {trend.verdict for trend in trends.trends} <= {"no trend", "too little data", "falling"}


@pytest.mark.parametrize(
    ("last", "said"),
    [(2, "covers 2 hours;"), (0, "covers less than a second;"), (24, "covers 1 day;")],
)
def test_a_short_log_is_said_to_be_as_long_as_it_is(desk: Desk, last: int, said: str) -> None:
    moments = (START, START + timedelta(hours=last))
    desk.add("log", as_csv([{"timestamp": moment, "model": "m"} for moment in moments]))
    assert any(said in note for note in forecast_usage(desk.call()).notes)


@needs_azure
def test_the_azure_trace_is_an_hour_that_allows_no_forecast(desk: Desk) -> None:
    desk.add("azure", AZURE.read_text())
    assert {trend.verdict for trend in analyze_trends(desk.call()).trends} == {"no trend"}
    found = forecast_usage(desk.call(), growth_factor=1.3)
    assert found.forecast is None
    assert any("a forecast takes 3 days of history" in note for note in found.notes)
    assert found.capacity is not None
    assert found.capacity.peak_requests_per_minute is not None
    assert found.capacity.peak_concurrency is None
    assert correlate(desk.call()).missing == ["latency_ms"]
    rates = analyze_performance(desk.call()).throughput
    assert rates is not None
    assert rates.requests_per_second == pytest.approx(8819 / rates.seconds)


ODD_LOGS: dict[str, Callable[[int], dict[str, Any]]] = {
    "all alike": lambda n: {"timestamp": START + timedelta(hours=n)},
    "at one moment": lambda n: {"timestamp": START},
    "nothing but failures": lambda n: {"timestamp": START + timedelta(hours=n), "status": "500"},
    "no tokens and no money": lambda n: {
        "timestamp": START + timedelta(minutes=7 * n),
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": "0",
        "latency_ms": 0,
    },
    "two days, a year apart": lambda n: {"timestamp": START + timedelta(days=365 * (n % 2))},
    "half without values": lambda n: {
        "timestamp": START + timedelta(hours=3 * n),
        "latency_ms": "" if n % 2 else 5,
        "cost_usd": "" if n % 3 else "0.1",
        "status": "" if n % 2 else "200",
    },
}


@pytest.mark.parametrize("odd", ODD_LOGS)
def test_an_odd_log_is_a_result_without_what_is_no_number(desk: Desk, odd: str) -> None:
    usual = {
        "model": "m",
        "feature": "f",
        "input_tokens": 5,
        "output_tokens": 7,
        "latency_ms": 900,
        "cost_usd": "0.1",
        "status": "200",
    }
    desk.add("odd", as_csv([{**usual, **ODD_LOGS[odd](n)} for n in range(400)]))
    for analysis in (*ANALYSES, usage_patterns, analyze_performance):
        arguments = {"growth_factor": 2} if analysis is forecast_usage else {}
        text = analysis(desk.call(), **arguments).model_dump_json()
        assert "NaN" not in text
        assert "Infinity" not in text
        assert len(text) < LARGEST_RESULT
    assert correlate(desk.call(), target="errors").model_dump_json()
