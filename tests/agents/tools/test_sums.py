"""The tools, on data sets whose rows are sums of requests."""

import pytest

from agents.analytics.filters import Condition
from agents.exceptions import ToolError
from agents.tools.inspect_data import inspect_data
from agents.tools.patterns import usage_patterns
from agents.tools.performance import analyze_performance
from tests.agents.desk import Desk

HOURLY = "start_time,model,num_requests,input_tokens,output_tokens\n" + "".join(
    f"2026-08-{3 + at // 24:02}T{at % 24:02}:00:00Z,gpt-5,{at + 1},{1000 + at},{10 + at}\n"
    for at in range(48)
)
DAILY = "start_time,model,num_requests,input_tokens,latency_ms\n" + "".join(
    f"2026-08-{day:02},gpt-5,{day},{1000 * day},800\n" for day in range(3, 20)
)
UNCOUNTED = (
    "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n"
    "2026-08-03,a,100,10\n2026-08-04,b,300,20\n"
)


def test_single_requests_of_sums_are_told_by_no_figure(desk: Desk) -> None:
    desk.add("log", DAILY)
    found = analyze_performance(desk.call(), metric="latency")
    assert (found.overall.measures, found.overall.totals) == ({}, {})
    assert any("sum of requests, so latency ms cannot be said" in note for note in found.notes)
    assert found.overall.requests == sum(range(3, 20))


def test_totals_and_means_of_sums_are_told(desk: Desk) -> None:
    desk.add("log", HOURLY)
    found = analyze_performance(desk.call(), group_by="day", percentiles=[90])
    total = sum(1000 + hour for hour in range(48))
    assert found.overall.totals["input_tokens"].total == total
    assert found.overall.totals["input_tokens"].mean == pytest.approx(total / sum(range(1, 49)))
    assert found.groups is not None
    assert [item.requests for item in found.groups.items] == [sum(range(1, 25)), sum(range(25, 49))]
    assert found.model_dump(mode="json")["overall"]["measures"] == {}


@pytest.mark.parametrize("by", ["hour", "hour_of_day"])
def test_sums_of_a_day_have_no_groups_by_hour(desk: Desk, by: str) -> None:
    desk.add("log", DAILY)
    found = analyze_performance(desk.call(), group_by=by)  # type: ignore[arg-type]
    assert found.groups is None
    (note,) = [note for note in found.notes if "sums up more time" in note]
    assert f"no groups by {by.replace('_', ' ')}" in note
    assert "hour" not in note.split("grouped by")[1]


def test_sums_of_an_hour_have_groups_by_hour(desk: Desk) -> None:
    desk.add("log", HOURLY)
    found = analyze_performance(desk.call(), group_by="hour_of_day")
    assert found.groups is not None
    assert [item.requests for item in found.groups.items][:2] == [1 + 25, 2 + 26]


def test_a_condition_on_the_size_of_a_sum_is_refused(desk: Desk) -> None:
    desk.add("log", HOURLY)
    where = [Condition(column="input_tokens", operator="above", values=[500])]
    with pytest.raises(ToolError, match="sum of requests, so which requests have such input"):
        analyze_performance(desk.call(), where=where)
    by_model = [Condition(column="model", values=["gpt-5"])]
    assert analyze_performance(desk.call(), where=by_model).overall.requests == sum(range(1, 49))


def test_patterns_of_sums_leave_out_what_they_do_not_tell(desk: Desk) -> None:
    desk.add("log", HOURLY)
    found = usage_patterns(desk.call())
    assert (found.concurrency, found.repeats) == (None, None)
    assert any("how many run at once and how many repeat" in note for note in found.notes)
    assert found.rhythm is not None
    assert found.rhythm.peak is not None
    assert (found.rhythm.peak.start, found.rhythm.peak.requests) == ("2026-08-04 23:00", 48)


def test_requests_that_nobody_counted_are_told_so(desk: Desk) -> None:
    desk.add("log", UNCOUNTED)
    found = analyze_performance(desk.call(), group_by="model")
    assert found.overall.requests is None
    assert any("does not tell how many requests" in note for note in found.notes)
    patterns = usage_patterns(desk.call())
    assert patterns.rhythm is not None
    assert (patterns.rhythm.requests, patterns.models) == (None, None)


def test_inspection_says_what_rows_are_and_what_they_can_answer(desk: Desk) -> None:
    desk.add("log", DAILY)
    found = inspect_data(desk.call(), "What is there?")
    assert found.dataset is not None
    assert (found.dataset.rows_are, found.dataset.bucket_seconds) == ("sums", 86_400)
    assert "how many requests come when" in found.answers
    assert not any("how long requests take" in answer for answer in found.answers)
    assert "hour" not in found.answers[-1]
    uncounted = desk.add("uncounted", UNCOUNTED)
    answers = inspect_data(desk.call(uncounted.id), "What is there?").answers
    assert "how many requests come when" not in answers


def test_inspection_warns_of_rows_that_were_left_out(desk: Desk) -> None:
    header, row = "timestamp,model,input_tokens\n", "2026-11-03,m,5\n"
    desk.add("good", header + row * 100)
    assert inspect_data(desk.call(), "x").dataset.warning is None  # type: ignore[union-attr]
    desk.add("bad", header + row * 95 + "soon,m,5\n" * 5)
    dataset = inspect_data(desk.call(), "x").dataset
    assert dataset is not None
    assert dataset.warning is not None
    assert dataset.warning.startswith("5 of the 100 rows of the file (5 %) cannot be read")
