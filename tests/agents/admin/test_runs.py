"""Runs in the admin: found, looked at as text, stopped and asked again."""

import html
import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from agents.events import EVENT_LIMIT_BYTES
from agents.models import Run, ToolCall
from agents.states import RunState
from tests.administration import add_event, list_of, page_of, root, signed_in, staff
from tests.agents.factories import make_agent, make_run, reload

pytestmark = pytest.mark.database

RUNS = list_of(Run)
HOSTILE = [
    "<script>alert(1)</script>",
    "</pre></section><img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>here</a>",
    "{{ request.user.password }}{% debug %}",
    "]]>--><!-- <svg/onload=alert(1)>",
    "&lt;script&gt; stays as it was written",
    "\u202etxt.exe\u2066 odd \U0001f469\u200d\U0001f4bb e\u0301 \ufeff \ud7ff \ue000",
    "\x1b[31mred\x07\x0b\x7f",
]


@pytest.fixture
def client(db: None) -> Client:
    return signed_in(root())


def told_everywhere(user: User, text: str) -> Run:
    """A run with `text` wherever somebody or something may write."""
    run = make_run(
        user,
        input=text,
        parameters={text: text},
        context={"logs": text},
        result=text,
        error_code="model_failed",
        error_message=text,
        cancel_reason=text[:200],
        state=RunState.FAILED,
        agent=make_agent("odd"),
    )
    add_event(run, 1, "agent_thinking", message=text, thought=text * 40, step=1)
    add_event(run, 2, "tool_executing", tool_name=text, call_id=text, parameters={text: [text]})
    add_event(run, 3, "tool_completed", tool_name="x", call_id="x", result=text * 40, status=text)
    add_event(run, 4, "agent_error", message=text, code=text, retryable=False)
    return run


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_was_said_becomes_html(client: Client, alice: User, text: str) -> None:
    run = told_everywhere(alice, text)
    thread = page_of(run.thread)
    for address in (page_of(run), RUNS, page_of(alice), thread, page_of(run, "history")):
        shown = client.get(address)
        assert shown.status_code == 200
        if "<" in text:
            assert text not in shown.text
        assert "\u202e" not in shown.text
    page = client.get(page_of(run)).text
    if text.isprintable() and "\u202e" not in text:
        assert html.escape(text) in page


@pytest.mark.parametrize("text", HOSTILE)
def test_whole_texts_are_plain_text(client: Client, alice: User, text: str) -> None:
    run = told_everywhere(alice, text)
    for part in ("input", "result", "context", "event-1", "event-3"):
        answer = client.get(page_of(run, "whole", part))
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(page_of(run, "whole", "input")).content.decode() == text
    assert json.loads(client.get(page_of(run, "whole", "event-1")).text)["data"]["message"] == text


@pytest.mark.parametrize(
    "part", ["event-9", "event-x", "event-", "password", "user", "event-" + "9" * 40]
)
def test_there_are_no_other_texts(client: Client, alice: User, part: str) -> None:
    run = make_run(alice)
    assert client.get(page_of(run, "whole", part)).status_code == 404


def test_a_timeline_says_when_what_happened(client: Client, alice: User) -> None:
    run = make_run(alice)
    add_event(run, 1, "agent_started", message="Helper has started.")
    add_event(run, 2, "tool_executing", tool_name="look", call_id="c1", parameters={"at": "costs"})
    entries = client.get(page_of(run)).context["timeline"].entries
    assert [(entry.type, entry.message) for entry in entries] == [
        ("agent_started", "Helper has started."),
        ("tool_executing", "look"),
    ]
    assert entries[0].offset.startswith("+")
    assert ("parameters", '{"at": "costs"}') in entries[1].facts


@pytest.mark.parametrize("kept", [[], [3]])  # all were removed, or the first ones so far
def test_a_timeline_says_that_steps_were_removed(
    client: Client, alice: User, kept: list[int]
) -> None:
    run = make_run(alice, state="completed", last_seq=3)
    for seq in kept:
        add_event(run, seq, "agent_completed", result="Done.")
    page = client.get(page_of(run))
    assert "its steps were removed" in page.text
    assert "Nothing yet" not in page.text
    assert len(page.context["timeline"].entries) == len(kept)
    assert "its steps were removed" not in client.get(f"{page_of(run)}?after=3").text


def test_a_long_text_is_cut_with_a_link_to_the_whole(client: Client, alice: User) -> None:
    run = make_run(alice, input="why " * 50_000)
    add_event(run, 1, "tool_completed", tool_name="look", call_id="c1", result="y" * 20_000)
    page = client.get(page_of(run))
    assert len(page.content) < 60_000
    assert page_of(run, "whole", "event-1") in page.text
    assert len(client.get(page_of(run, "whole", "input")).content) == 200_000


def test_the_largest_events_are_only_named(client: Client, alice: User) -> None:
    run = make_run(alice)
    for seq in range(1, 31):
        add_event(run, seq, "tool_completed", result="z" * EVENT_LIMIT_BYTES, call_id="c")
    page = client.get(page_of(run))
    assert len(page.content) < 60_000
    assert page.text.count("A large event") == 30


def test_a_result_that_was_cut_is_found_whole(client: Client, alice: User) -> None:
    run = make_run(alice, result="the whole answer")
    ToolCall.objects.create(
        run=run, response=1, position=1, call_id="c1", tool="look", result='["the whole result"]'
    )
    add_event(run, 1, "tool_completed", call_id="c1", result="the", truncated=True)
    add_event(run, 2, "agent_completed", result="the", truncated=True)
    assert "the whole result" in client.get(page_of(run, "whole", "event-1")).text
    assert "the whole answer" in client.get(page_of(run, "whole", "event-2")).text


def test_a_long_run_is_shown_page_by_page(client: Client, alice: User) -> None:
    run = make_run(alice)
    for seq in range(1, 251):
        add_event(run, seq, "agent_thinking", message=f"step {seq}")
    address, seen = page_of(run), []
    while address:
        shown = client.get(address).context["timeline"]
        seen += [entry.seq for entry in shown.entries]
        address = f"{page_of(run)}?after={shown.following}" if shown.following else ""
    assert seen == list(range(1, 251))
    assert client.get(page_of(run), {"after": "x" * 99}).status_code == 200


def found(client: Client, **query: Any) -> set[str]:
    answer = client.get(RUNS, query)
    assert answer.status_code == 200
    return {run.input for run in answer.context["cl"].result_list}


def test_runs_are_found_by_id_user_and_thread(client: Client, alice: User, bob: User) -> None:
    first = make_run(alice, input="first", thread="budget-2026")
    make_run(bob, input="second", thread="other")
    for query in (first.short_id, str(first.pk), first.pk.hex[:12].upper(), "ali", "budget"):
        assert found(client, q=query) == {"first"}, query
    assert found(client, q="bob other") == {"second"}
    assert found(client, q="zzz") == set()
    assert found(client, q="%") == set()
    assert found(client, user__id__exact=bob.pk) == {"second"}


def test_runs_are_filtered_by_state_agent_and_error(client: Client, alice: User) -> None:
    agent = make_agent("other")
    failed = {"state": RunState.FAILED, "error_code": "model_failed"}
    make_run(alice, input="failed", **failed)
    make_run(alice, input="waiting", agent=agent)
    assert found(client, state__exact="failed") == {"failed"}
    assert found(client, agent__id__exact=agent.pk) == {"waiting"}
    assert found(client, error_code="model_failed") == {"failed"}
    assert found(client, error_code="agent_timeout") == set()


def test_a_run_is_cancelled_in_the_name_of_who_pressed(client: Client, alice: User) -> None:
    run = make_run(alice)
    client.post(page_of(run, "press", "cancel"))
    cancelled = reload(run.pk)
    assert (cancelled.state, cancelled.cancel_requested_by) == (RunState.CANCELLED, "root")
    assert LogEntry.objects.get().change_message == "Cancel the run."
    assert "is not possible now" in client.post(page_of(run, "press", "cancel"), follow=True).text


def test_many_runs_are_cancelled_at_once(client: Client, alice: User) -> None:
    runs = [make_run(alice) for _ in range(3)]
    chosen = {"action": "cancel", "_selected_action": [run.pk for run in runs[:2]]}
    client.post(RUNS, chosen)
    states = [reload(run.pk).state for run in runs]
    assert states == [RunState.CANCELLED, RunState.CANCELLED, RunState.PENDING]


def test_an_ended_run_is_asked_again(client: Client, alice: User) -> None:
    run = make_run(alice, state=RunState.FAILED, input="Why so slow?")
    answer = client.post(page_of(run, "press", "retry"))
    again = Run.objects.exclude(pk=run.pk).get()
    assert answer.headers["Location"] == page_of(again)
    assert (again.input, again.user, again.thread) == ("Why so slow?", alice, run.thread)


def test_what_keeps_a_run_from_being_asked_again_is_told(client: Client, charlie: User) -> None:
    run = make_run(charlie, state=RunState.FAILED)
    assert "not active" in client.post(page_of(run, "press", "retry"), follow=True).text
    assert Run.objects.count() == 1


def test_nobody_types_into_a_run(client: Client, alice: User) -> None:
    run = make_run(alice)
    assert client.post(page_of(run), {"state": "completed"}).status_code == 403
    assert client.post(page_of(run, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(f"{RUNS}add/").status_code == 403
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [run.pk]}
    client.post(RUNS, chosen)
    assert reload(run.pk).state == RunState.PENDING


def test_who_may_only_look_stops_nothing(alice: User) -> None:
    run = make_run(alice, state=RunState.FAILED)
    live = make_run(alice)
    client = signed_in(staff("viewer", "view_run"))
    assert client.get(page_of(run)).status_code == 200
    assert client.get(page_of(run, "whole", "input")).status_code == 200
    assert client.post(page_of(run, "press", "retry")).status_code == 403
    assert client.post(page_of(live, "press", "cancel")).status_code == 403
    client.post(RUNS, {"action": "cancel", "_selected_action": [live.pk]})
    assert reload(live.pk).state == RunState.PENDING


def test_who_may_not_look_sees_no_text(alice: User) -> None:
    run = make_run(alice)
    client = signed_in(staff("helper", "view_user"))
    assert client.get(page_of(run, "whole", "input")).status_code == 403
    assert client.get(page_of(run)).status_code == 403
    assert run.short_id not in client.get(page_of(alice)).text
