"""The three analyses: right rows, right figures, what is missing, and bad arguments."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from agents.analytics.filters import Condition
from agents.exceptions import ToolError
from agents.tools.base import Call
from agents.tools.catalogue import load_tools
from agents.tools.costs import CostResult, analyze_costs
from agents.tools.patterns import PatternsResult, usage_patterns
from agents.tools.performance import PerformanceResult, analyze_performance
from agents.tools.results import Result
from tests.agents.analytics.logs import AZURE, needs_azure, rows_of
from tests.agents.analytics.sample import sample_log
from tests.agents.desk import Desk

Analysis = Callable[..., Result]
ANALYSES: tuple[Analysis, ...] = (analyze_performance, analyze_costs, usage_patterns)
analyses = pytest.mark.parametrize("analysis", ANALYSES, ids=lambda tool: tool.__name__)


@analyses
def test_a_result_names_its_data_set_rows_and_period(desk: Desk, analysis: Analysis) -> None:
    handle = desk.add("August", sample_log())
    basis = analysis(desk.call(), period="last 3 days").computed_from
    rows = rows_of(handle.directory)
    last = max(row["timestamp"] for row in rows)
    in_period = [row for row in rows if (last - row["timestamp"]).total_seconds() < 3 * 86_400]
    assert (basis.dataset, basis.dataset_id) == ("August", handle.id)
    assert (basis.rows, basis.rows_in_dataset) == (len(in_period), 1500)
    assert basis.period_counts_from_last_row
    assert "counted from the last row" in basis.period


@analyses
def test_a_data_set_is_asked_for_by_id_or_name(desk: Desk, analysis: Analysis) -> None:
    first = desk.add("first", sample_log(rows=20))
    desk.add("second", sample_log(rows=30))
    call = desk.call()
    assert analysis(call).computed_from.dataset == "second"
    assert analysis(desk.call("first")).computed_from.dataset == "first"
    for wanted in (first.id, "first", " First "):
        assert analysis(call, dataset=wanted).computed_from.dataset == "first"


@analyses
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"period": "next week"}, "not understood. Possible are"),
        ({"period": "2026-11-07 to 2026-11-01"}, "ends before it begins"),
        ({"dataset": "nope"}, "There are 'log'"),
    ],
)
def test_a_bad_argument_is_an_error_that_says_what_is_possible(
    desk: Desk, analysis: Analysis, arguments: dict[str, str], said: str
) -> None:
    desk.add("log", sample_log(rows=20))
    with pytest.raises(ToolError, match=said):
        analysis(desk.call(), **arguments)


@pytest.mark.parametrize("analysis", ANALYSES[:2], ids=lambda tool: tool.__name__)
def test_an_unknown_grouping_names_the_groupings(desk: Desk, analysis: Analysis) -> None:
    desk.add("log", sample_log(rows=20))
    with pytest.raises(
        ToolError, match="'model', 'feature', 'user', 'provider', 'project', 'session', 'tier'"
    ):
        analysis(desk.call(), group_by="planet")


def test_an_unknown_metric_names_the_metrics(desk: Desk) -> None:
    desk.add("log", sample_log(rows=20))
    with pytest.raises(ToolError, match="'latency', 'time_to_first_token'"):
        analyze_performance(desk.call(), metric="beauty")  # type: ignore[arg-type]


@analyses
def test_without_a_data_set_an_analysis_says_how_to_provide_one(
    desk: Desk, analysis: Analysis
) -> None:
    with pytest.raises(ToolError, match="POST /api/datasets"):
        analysis(desk.call())


@analyses
def test_a_data_set_whose_files_are_gone_is_an_error(desk: Desk, analysis: Analysis) -> None:
    handle = desk.add("log", sample_log(rows=20))
    for part in handle.directory.iterdir():
        part.unlink()
    with pytest.raises(ToolError, match="Upload it anew"):
        analysis(desk.call())


@analyses
def test_a_period_without_rows_is_a_result_that_says_what_there_is(
    desk: Desk, analysis: Analysis
) -> None:
    desk.add("log", sample_log(rows=20))
    found = analysis(desk.call(), period="2020-01-01")
    assert found.computed_from.rows == 0
    assert "no rows in this period; the data set covers 2026-08-10" in found.notes[0]


def condition(column: str, operator: str, *values: str | float) -> Condition:
    return Condition.model_validate({"column": column, "operator": operator, "values": values})


FAST = condition("latency_ms", "below", 1000)


@analyses
def test_only_rows_that_satisfy_the_conditions_are_counted(desk: Desk, analysis: Analysis) -> None:
    handle = desk.add("log", sample_log())
    where = [condition("model", "is", "gpt-4o"), FAST]
    basis = analysis(desk.call(), where=where).computed_from
    rows = rows_of(handle.directory)
    expected = [row for row in rows if row["model"] == "gpt-4o" and row["latency_ms"] < 1000]
    assert (basis.rows, basis.rows_in_dataset) == (len(expected), 1500)
    assert basis.where == "model gpt-4o and latency below 1,000 ms"
    assert desk.notes[0] == "Reading log, all rows, only model gpt-4o and latency below 1,000 ms"
    assert analysis(desk.call()).computed_from.where is None


def test_figures_are_those_of_the_rows_that_satisfy_the_conditions(desk: Desk) -> None:
    handle = desk.add("log", sample_log())
    where = [condition("model", "is", "gpt-4o")]
    rows = [row for row in rows_of(handle.directory) if row["model"] == "gpt-4o"]
    performance = analyze_performance(desk.call(), where=where).overall
    assert performance.requests == len(rows)
    assert performance.measures["latency_ms"].max == max(row["latency_ms"] for row in rows)
    costs = analyze_costs(desk.call(), where=where).costs
    assert costs is not None
    assert costs.total.cost_usd == sum(row["cost_usd"] or 0 for row in rows)
    models = usage_patterns(desk.call(), where=where).models
    assert models is not None
    assert [share.name for share in models.top] == ["gpt-4o"]


@analyses
def test_a_name_that_does_not_occur_is_an_error_with_those_that_do(
    desk: Desk, analysis: Analysis
) -> None:
    desk.add("log", sample_log(rows=20))
    with pytest.raises(ToolError, match=r"has the model 'gpt-5'\. There are '.*'gpt-4o"):
        analysis(desk.call(), where=[condition("model", "is", "gpt-5")])


@analyses
@pytest.mark.parametrize("column", ["error", "cost_usd"])
def test_a_condition_on_a_column_that_is_not_there_says_what_is(
    desk: Desk, analysis: Analysis, column: str
) -> None:
    desk.add("log", sample_log(rows=20, without=("cost_usd", "ttft_ms", "user_id")))
    possible = "filtered by model, feature, outcome, latency_ms, input_tokens or output_tokens"
    with pytest.raises(ToolError, match=f"cannot be filtered by {column}.*{possible}"):
        analysis(desk.call(), where=[condition(column, "is", 5)])


@analyses
def test_a_condition_without_sense_is_an_error(desk: Desk, analysis: Analysis) -> None:
    desk.add("log", sample_log(rows=20))
    with pytest.raises(ToolError, match="exactly one number"):
        analysis(desk.call(), where=[condition("latency_ms", "above", 1, 2)])


@analyses
def test_conditions_that_no_row_satisfies_are_a_result_that_says_so(
    desk: Desk, analysis: Analysis
) -> None:
    desk.add("log", sample_log(rows=20))
    slow = [condition("latency_ms", "above", 10**9)]
    found = analysis(desk.call(), where=slow)
    assert found.computed_from.rows == 0
    assert found.notes[0] == "No rows match latency above 1,000,000,000 ms."
    found = analysis(desk.call(), period="yesterday", where=slow)
    assert "ms in this period; the data set covers 2026-08-10" in found.notes[0]


def test_other_percentiles_are_measured_or_refused(desk: Desk) -> None:
    desk.add("log", sample_log(rows=20))
    overall = analyze_performance(desk.call(), metric="latency", percentiles=[90]).overall
    assert set(overall.measures["latency_ms"].others) == {"p90"}
    with pytest.raises(ToolError, match="between 0 and 100; 100 does not"):
        analyze_performance(desk.call(), percentiles=[100])


@analyses
def test_watchers_are_told_what_is_read(desk: Desk, analysis: Analysis) -> None:
    desk.add("log", sample_log(rows=20))
    analysis(desk.call(), period="yesterday")
    assert desk.notes[0].startswith("Reading log, yesterday: ")


@analyses
def test_a_result_is_compact_json_and_comes_back(desk: Desk, analysis: Analysis) -> None:
    desk.add("log", sample_log())
    grouped: dict[str, Any] = {} if analysis is usage_patterns else {"group_by": "hour"}
    found = analysis(desk.call(), **grouped)
    text = found.model_dump_json()
    assert len(text) < 25_000
    again = type(found).model_validate(json.loads(text))
    assert json.loads(again.model_dump_json()) == json.loads(text)


@pytest.mark.parametrize(
    ("metric", "column", "label"),
    [
        ("latency", "latency_ms", "latency"),
        ("time_to_first_token", "ttft_ms", "time to first token"),
        ("errors", "is_error", "status or error"),
        ("tokens_per_second", "latency_ms", "latency"),
    ],
)
def test_a_metric_that_is_not_there_is_said_to_be_missing(
    desk: Desk, metric: Any, column: str, label: str
) -> None:
    desk.add("log", "timestamp,model,tokens_in,tokens_out\n2026-11-03,m,5,6\n")
    found = analyze_performance(desk.call(), metric=metric)
    assert found.missing == [column]
    assert f"no {label} column" in found.notes[0]
    assert "It holds input tokens and output tokens." in found.notes[0]
    assert not found.overall.measures


def test_a_grouping_that_is_not_there_is_said_to_be_missing(desk: Desk) -> None:
    desk.add("log", "timestamp,tokens_in\n2026-11-03,5\n")
    found = analyze_performance(desk.call(), group_by="model")
    assert found.groups is None
    assert "model" in found.missing
    possible = "can be grouped by hour, day, week, month, hour_of_day or weekday"
    assert possible in found.notes[-1]


def test_performance_has_overall_figures_and_groups(desk: Desk) -> None:
    desk.add("log", sample_log())
    found: PerformanceResult = analyze_performance(desk.call(), group_by="model")
    assert set(found.overall.measures) == {
        "latency_ms",
        "ttft_ms",
        "input_tokens",
        "output_tokens",
        "tokens_per_second",
    }
    assert found.groups is not None
    assert sum(item.requests or 0 for item in found.groups.items) == found.overall.requests == 1500


def test_costs_come_from_the_log_when_it_has_them(desk: Desk) -> None:
    handle = desk.add("log", sample_log())
    found: CostResult = analyze_costs(desk.call(), group_by="feature")
    assert found.costs is not None
    assert found.costs.basis == "log"
    given = [row["cost_usd"] for row in rows_of(handle.directory) if row["cost_usd"] is not None]
    assert found.costs.total.cost_usd == sum(given)
    assert found.savings.failed_requests is not None
    assert found.savings.repeated_requests is not None
    assert found.savings.switches is not None


def test_costs_are_priced_when_the_log_has_none_and_it_says_so(desk: Desk) -> None:
    desk.add("log", sample_log(without=("cost_usd",)))
    found = analyze_costs(desk.call())
    assert found.costs is not None
    assert found.costs.basis == "prices"
    assert found.missing == ["cost_usd"]
    assert "list prices of genai-prices" in found.notes[0]
    assert [model.model for model in found.costs.unknown_models] == ["house-model"]


def test_what_prices_take_for_granted_is_said_once(desk: Desk) -> None:
    columns = "model,input_tokens,output_tokens,cache_creation_input_tokens"
    desk.add("log", f"timestamp,{columns}\n2026-11-03,claude-sonnet-4-5,5,6,2000\n")
    found = analyze_costs(desk.call())
    assert "an hour costs more" in found.notes[-1]
    assert found.model_dump_json().count("an hour costs more") == 1


def test_costs_that_cannot_be_known_are_said_to_be_missing(desk: Desk) -> None:
    desk.add("log", "timestamp,tokens_in,tokens_out\n2026-11-03,5,6\n")
    found = analyze_costs(desk.call())
    assert found.costs is None
    assert found.missing == ["cost_usd", "model"]
    assert "cannot be priced, so their cost cannot be said" in found.notes[0]


def test_savings_are_looked_for_only_where_the_log_tells(desk: Desk) -> None:
    desk.add("log", "model,tokens_in,tokens_out\ngpt-4o,5,6\n")
    found = analyze_costs(desk.call()).savings
    assert (found.switches, found.repeated_requests, found.failed_requests) == (None, None, None)


def test_patterns_say_what_the_log_does_not_tell(desk: Desk) -> None:
    desk.add("log", "timestamp,tokens_in\n2026-11-03,5\n2026-11-03,6\n")
    found: PatternsResult = usage_patterns(desk.call())
    assert found.rhythm is not None
    assert (found.users, found.repeats, found.prompt_cache) == (None, None, None)
    assert "does not tell" in found.notes[0]
    assert "user_id" in found.missing


@needs_azure
def test_the_azure_trace_is_analysed_as_far_as_it_goes(desk: Desk) -> None:
    desk.add("azure", AZURE.read_text())
    output = analyze_performance(desk.call(), metric="output_tokens").overall
    figures = output.measures["output_tokens"]
    assert (output.requests, figures.total) == (8819, 245_896)
    assert [round(rank) for rank in (figures.p50, figures.p95, figures.p99)] == [13, 90, 251]
    assert analyze_costs(desk.call()).costs is None
    rhythm = usage_patterns(desk.call()).rhythm
    assert rhythm is not None
    assert rhythm.unit == "minute"


def test_the_shipped_tools_are_registered_and_read_only() -> None:
    tools = load_tools()
    assert [tool.name for tool in tools] == [
        "inspect_data",
        "analyze_performance",
        "analyze_costs",
        "usage_patterns",
        "analyze_trends",
        "find_anomalies",
        "correlate",
        "forecast_usage",
        "compare_models",
        "analyze_caching",
        "analyze_errors",
        "find_savings",
        "analyze_sessions",
        "query_data",
    ]
    assert all(tool.read_only for tool in tools)
    assert load_tools() == tools


def test_tools_describe_their_arguments_to_a_model() -> None:
    from_call: set[object] = {Call}
    for tool in load_tools():
        document = tool.function.__doc__ or ""
        for name in tool.function.__annotations__:
            if name not in ("call", "return"):
                assert f"        {name}: " in document
        assert tool.function.__annotations__["call"] in from_call
