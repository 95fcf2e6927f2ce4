"""The tool for sessions of coding assistants, and what the first look says of them."""

import pytest

from agents.analytics.charts import BarChart, LineChart
from agents.exceptions import ToolError
from agents.tools.inspect_data import inspect_data
from agents.tools.sessions import MOST_FINDINGS, analyze_sessions
from tests.agents.analytics.sessions.making import CWD, Session
from tests.agents.desk import Desk

LOG = "timestamp,model,tokens_in\n2026-11-03T10:00:00Z,gpt-4o,5\n"


def made(name: str = "5e551041", *, reads: int = 3, requests: int = 0) -> Session:
    session = Session(id=name, requests=requests)
    for _ in range(reads):
        session.result(session.call("Read", {"file_path": f"{CWD}/a.py"}), "a", 2000)
    session.say()
    return session


def test_findings_totals_and_pictures_of_a_session(desk: Desk) -> None:
    session = made()
    desk.add("mine", session.text())
    found = analyze_sessions(desk.call())
    assert (found.sessions, found.requests, found.steps) == (1, 4, 3)
    assert [finding.kind for finding in found.findings] == ["repeated_read"]
    assert found.findings[0].tokens == 4000
    assert found.total is not None
    assert found.total.spared_tokens == 4000 + 2000
    assert found.total.sessions_usd == session.cost
    line, kinds, tools = found.charts
    assert isinstance(line, LineChart)
    assert line.series[0].y == session.prompts
    assert isinstance(kinds, BarChart)
    assert (kinds.x, [series.y for series in kinds.series]) == (
        ["repeated reads"],
        [[4000], [2000]],
    )
    assert isinstance(tools, BarChart)
    assert (tools.x, tools.series[0].y) == (["Read"], [6000])


def test_a_session_is_chosen_by_how_its_id_begins(desk: Desk) -> None:
    first, second = made(), made("77aa0001", reads=2, requests=50)
    desk.add("mine", first.text() + second.text())
    assert analyze_sessions(desk.call()).sessions == 2
    found = analyze_sessions(desk.call(), session="77aa")
    assert (found.sessions, found.requests) == (1, 3)
    with pytest.raises(ToolError, match=r"begins with 'nope'.*'5e551041'"):
        analyze_sessions(desk.call(), session="nope")


def test_a_session_with_a_request_in_the_period_is_analysed_whole(desk: Desk) -> None:
    session = made()
    session.say(gap=7200)
    desk.add("mine", session.text())
    found = analyze_sessions(desk.call(), "last hour")
    assert (found.computed_from.rows, found.requests) == (1, 5)
    nothing = analyze_sessions(desk.call(), "2020-01-01 to 2020-01-02")
    assert (nothing.requests, nothing.findings, nothing.charts) == (0, [], [])
    assert "no rows in this period" in nothing.notes[0]


def test_only_the_most_expensive_are_listed(desk: Desk) -> None:
    session = Session()
    for number in range(30):
        for _ in range(2):
            path = {"file_path": f"{CWD}/{number}.py"}
            session.result(session.call("Read", path), "a", 500 + number, text=str(number))
    session.say()
    desk.add("mine", session.text())
    found = analyze_sessions(desk.call(), top=3)
    assert (len(found.findings), found.findings_left_out) == (3, 27)
    costs = [finding.cost_usd or 0 for finding in found.findings]
    assert costs == sorted(costs, reverse=True)
    every = analyze_sessions(desk.call(), top=1000)
    assert len(every.findings) == MOST_FINDINGS
    assert len(every.model_dump_json()) < 20_000
    assert found.totals[0].findings == 30


def test_a_log_of_requests_is_answered_with_what_it_lacks(desk: Desk) -> None:
    desk.add("usage", LOG)
    found = analyze_sessions(desk.call())
    assert (found.total, found.findings) == (None, [])
    assert "no session log" in found.notes[0]
    assert "~/.claude/projects" in found.notes[0]


def test_the_first_look_says_that_it_is_a_session_log(desk: Desk) -> None:
    desk.add("mine", made().text())
    found = inspect_data(desk.call(), "What did I waste?")
    assert found.dataset is not None
    assert found.dataset.format == "claude-code"
    assert any("session log of a coding assistant" in phrase for phrase in found.answers)
    desk.add("usage", LOG)
    other = inspect_data(desk.call(), "What did I waste?")
    assert not any("session log" in phrase for phrase in other.answers)
