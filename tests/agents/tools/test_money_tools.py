"""The tools about money: what they return, what they say is missing, and that they stay small."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agents.analytics.filters import Condition
from agents.exceptions import ToolError
from agents.tools.caching import analyze_caching
from agents.tools.costs import analyze_costs
from agents.tools.errors import analyze_errors
from agents.tools.models import compare_models
from agents.tools.results import Result
from agents.tools.savings import find_savings
from tests.agents.analytics.logs import AZURE, needs_azure, rows_of, utc
from tests.agents.analytics.sample import sample_log
from tests.agents.desk import Desk

Analysis = Callable[..., Result]
TOOLS: tuple[Analysis, ...] = (
    analyze_costs,
    compare_models,
    analyze_caching,
    analyze_errors,
    find_savings,
)
tools = pytest.mark.parametrize("analysis", TOOLS, ids=lambda tool: tool.__name__)


@tools
def test_a_result_is_small_says_its_basis_and_comes_back_from_json(
    desk: Desk, analysis: Analysis
) -> None:
    handle = desk.add("August", sample_log())
    where = [Condition(column="model", operator="is not", values=["house-model"])]
    found = analysis(desk.call(), period="last 10 days", where=where)
    rows = rows_of(handle.directory)
    last = max(row["timestamp"] for row in rows)
    expected = [
        row
        for row in rows
        if (last - row["timestamp"]) < timedelta(days=10) and row["model"] != "house-model"
    ]
    assert found.computed_from.rows == len(expected)
    text = found.model_dump_json()
    assert len(text) < 20_000
    assert "NaN" not in text
    again = type(found).model_validate_json(text)
    assert json.loads(again.model_dump_json()) == json.loads(text)
    assert found.charts


@tools
def test_no_rows_and_a_wrong_data_set_are_said(desk: Desk, analysis: Analysis) -> None:
    desk.add("log", sample_log(rows=20))
    found = analysis(desk.call(), period="2020-01-01")
    assert "no rows in this period" in found.notes[0]
    assert found.computed_from.rows == 0
    with pytest.raises(ToolError, match="There are 'log'"):
        analysis(desk.call(), dataset="nope")


@tools
def test_a_log_with_next_to_nothing_is_answered_with_what_it_lacks(
    desk: Desk, analysis: Analysis
) -> None:
    desk.add("bare", "timestamp,tokens_in\n2026-11-03T10:00:00Z,5\n2026-11-03T10:01:00Z,6\n")
    found = analysis(desk.call())
    assert found.missing
    assert any("cannot be said" in note for note in found.notes)
    assert 'usd":"0"' not in found.model_dump_json()


@needs_azure
@tools
def test_the_azure_trace_is_answered_with_what_it_lacks(desk: Desk, analysis: Analysis) -> None:
    desk.add("azure", AZURE.read_text())
    found = analysis(desk.call())
    assert found.computed_from.rows == 8819
    assert any("cannot be said" in note for note in found.notes)


def sums(**more: Any) -> str:
    """A provider's usage export: each row is a day of a model."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["timestamp", "model", "requests", "input_tokens", "output_tokens", *more])
    for day in range(1, 11):
        for model in ("gpt-4o", "gpt-4o-mini"):
            moment = f"2026-11-{day:02}T00:00:00Z"
            writer.writerow([moment, model, 100 * day, 100_000 * day, 9000 * day, *more.values()])
    return buffer.getvalue()


@pytest.mark.parametrize("rows_are", ["sums"])
def test_rows_that_are_sums_are_counted_by_their_requests(desk: Desk, rows_are: str) -> None:
    handle = desk.add("export", sums())
    profile = handle.profile.model_copy(update={"rows_are": rows_are})
    desk.handles[0] = type(handle)(
        **{name: getattr(handle, name) for name in handle.__slots__} | {"profile": profile}
    )
    found = analyze_costs(desk.call(), group_by="model")
    assert found.costs is not None
    assert found.costs.total.requests == 2 * 100 * 55
    assert found.savings.switches is None
    compared = compare_models(desk.call())
    assert compared.comparison is not None
    assert compared.switches is None
    assert {item.requests for item in compared.comparison.models} == {5500}
    assert any("sum of requests" in note for note in compared.notes)
    cached = analyze_caching(desk.call())
    assert (cached.answers, cached.prefixes, cached.unread_writes) == (None, None, None)


def test_a_log_without_times_is_not_told_to_be_short(desk: Desk) -> None:
    desk.add("log", "model,input_tokens,output_tokens\n" + "gpt-4o,1000,20\n" * 10)
    found = find_savings(desk.call())
    assert found.levers is not None
    assert any("have no times" in note for note in found.notes)
    assert not any("less than a week" in note for note in found.notes)


def test_a_sum_of_a_single_request_is_no_request_with_a_size(desk: Desk) -> None:
    rows = "".join(f"2026-11-{day:02},gpt-4o,1,3000,20,0.02\n" for day in range(1, 11))
    rows += "2026-11-10,gpt-4o-mini,50,3000,20,0.02\n"
    desk.add("log", f"start_time,model,num_requests,input_tokens,output_tokens,cost_usd\n{rows}")
    compared = compare_models(desk.call())
    assert compared.comparison is not None
    assert compared.comparison.models[0].output_p50 is None
    assert {chart.type for chart in compared.charts} == {"bar"}
    found = find_savings(desk.call()).levers
    assert found is not None
    assert found.levers == []
    assert found.monthly is not None
    assert found.monthly.days == 10


def test_costs_are_drawn_by_day_and_by_group(desk: Desk) -> None:
    handle = desk.add("log", sample_log())
    line, bars = analyze_costs(desk.call(), group_by="model").charts
    assert (line.type, bars.type) == ("line", "bar")
    assert line.type == "line"
    by_day: dict[str, float] = {}
    for row in rows_of(handle.directory):
        day = f"{row['timestamp']:%Y-%m-%d}"
        by_day[day] = by_day.get(day, 0) + float(row["cost_usd"] or 0)
    assert line.x == sorted(by_day)
    assert line.series[0].y == pytest.approx([by_day[str(day)] for day in line.x])


def test_sizes_are_drawn_in_steps_that_hold_every_request(desk: Desk) -> None:
    handle = desk.add("log", sample_log())
    charts = compare_models(desk.call()).charts
    shown = [chart for chart in charts if chart.type == "histogram"]
    rows = rows_of(handle.directory)
    for chart, column in zip(shown, ("input_tokens", "output_tokens"), strict=True):
        values = [row[column] for row in rows if row[column] is not None]
        assert len(chart.edges) == len(chart.counts) + 1
        for low, high, count in zip(chart.edges, chart.edges[1:], chart.counts, strict=False):
            assert count == sum(low <= value < high for value in values)
        assert sum(chart.counts) == len(values)


def test_every_saving_states_its_base_and_the_total_is_no_sum(desk: Desk) -> None:
    desk.add("log", sample_log())
    found = find_savings(desk.call())
    assert found.levers is not None
    assert found.levers.total_usd.high <= found.levers.cost_usd
    for lever in found.levers.levers:
        assert lever.title
        assert lever.base
        assert lever.evidence
        assert lever.next_step
        assert lever.alone_usd.high <= lever.cost_usd
    (chart,) = found.charts
    assert chart.type == "bar"
    assert chart.x == [lever.title for lever in found.levers.levers]


def test_less_than_a_week_is_no_month(desk: Desk) -> None:
    desk.add("log", sample_log())
    whole = find_savings(desk.call())
    assert whole.levers is not None
    assert whole.levers.monthly is not None
    short = find_savings(desk.call(), period="last 2 days")
    assert short.levers is not None
    assert short.levers.monthly is None
    assert "less than a week" in short.notes[-1]


def test_errors_are_priced_as_a_range_where_the_log_has_no_costs(desk: Desk) -> None:
    desk.add("log", sample_log(without=("cost_usd",)))
    found = analyze_errors(desk.call())
    assert found.failures is not None
    assert found.failures.cost_usd is not None
    assert found.failures.cost_usd.low == 0 < found.failures.cost_usd.high
    assert any("between 0 and their list price" in note for note in found.notes)


def test_a_pile_of_equal_moments_is_no_obstacle(desk: Desk) -> None:
    moment = utc(2026, 11, 3).isoformat()
    rows = "".join(f"{moment},gpt-4o,p,100,10,{(n % 2 and 500) or 200}\n" for n in range(120))
    desk.add("log", "timestamp,model,prompt_hash,tokens_in,tokens_out,status\n" + rows)
    for analysis in TOOLS:
        assert analysis(desk.call()).computed_from.rows == 120
