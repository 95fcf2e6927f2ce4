"""The cursor: whatever is pushed, lost, repeated or asked for again, nothing is out of turn."""

import json
from datetime import timedelta
from typing import Any

import pytest

from realtime.replay import PAGE, REMEMBERED, Coverage
from tests.realtime.replaying import FakeStore, Socket


# F25
def test_a_hole_is_filled_from_the_store_page_by_page() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    for _ in range(3 * PAGE):
        last = store.commit(run_id)
    socket.handle(last)
    assert socket.seqs(run_id) == list(range(1, 3 * PAGE + 1))


# F4
def test_nothing_of_a_run_is_sent_before_its_acceptance() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.replay.hold(run_id)
    socket.handle(store.commit(run_id))
    assert socket.sent == []
    socket.handle({"type": "netra.joined", "run": run_id})
    assert socket.seqs(run_id) == [1]
    socket.handle(store.commit(run_id))
    assert socket.seqs(run_id) == [1, 2]


# F1
def test_a_run_that_is_asked_for_again_is_told_from_its_start_after_its_acceptance() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    for _ in range(3):
        socket.handle(store.commit(run_id))
    acceptance = json.dumps({"type": "run_accepted"})
    socket.handle({"type": "netra.rejoined", "run": run_id, "acceptance": acceptance})
    socket.handle(store.commit(run_id))
    assert [frame.get("seq") for frame in socket.sent] == [1, 2, 3, None, 1, 2, 3, 4]


# F26
def test_a_late_push_of_a_run_that_had_ended_before_is_not_told() -> None:
    store = FakeStore()
    run_id = store.begin()
    store.commit(run_id)
    last = store.commit(run_id, kind="agent_completed")
    store.now += timedelta(minutes=1)
    socket = Socket(store)
    socket.handle(last)
    assert socket.sent == []


def test_a_push_of_a_run_that_is_not_the_users_is_not_told() -> None:
    elsewhere, here = FakeStore(), FakeStore()
    run_id = elsewhere.begin()
    socket = Socket(here)
    for _ in range(2):
        socket.handle(elsewhere.commit(run_id))
    assert socket.sent == []


# F32
def test_pruned_events_give_a_snapshot() -> None:
    store = FakeStore()
    run_id = store.begin()
    for _ in range(5):
        store.commit(run_id)
    store.runs[run_id].pruned = 3
    socket = Socket(store)
    socket.resume(run_id, 1, "x")
    assert [frame["type"] for frame in socket.sent] == ["resuming", "resumed", "run_snapshot"]
    assert {frame["id"] for frame in socket.sent} == {"x"}
    assert socket.sent[1]["data"]["recovered"] is False
    socket.handle(store.commit(run_id))
    assert socket.seqs(run_id) == [6]


# F29
def test_text_goes_only_to_who_has_all_events_before_it() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.handle(store.commit(run_id))
    store.commit(run_id)  # its push is lost
    socket.handle(store.runs[run_id].delta(after=2, fence=1))
    socket.handle(store.runs[run_id].delta(after=1, fence=1))
    assert [frame.get("seq", frame.get("after")) for frame in socket.sent] == [1, 2, 2]


# F29
def test_text_of_a_worker_that_lost_the_run_is_not_sent() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.handle({**store.commit(run_id), "fence": 2})
    socket.handle(store.runs[run_id].delta(after=1, fence=1))
    assert len(socket.sent) == 1


# F29
@pytest.mark.parametrize(
    ("coverage", "is_child", "is_told"),
    [
        (Coverage(thread="other"), False, False),
        (Coverage(thread="t"), False, True),
        (Coverage(), True, False),
        (Coverage(children=True), True, True),
    ],
)
def test_a_scope_hides_other_threads_and_children(
    coverage: Coverage, *, is_child: bool, is_told: bool
) -> None:
    store = FakeStore()
    run_id = store.begin(is_child=is_child)  # live when the socket begins
    socket = Socket(store, coverage)
    log = store.runs[run_id]
    socket.handle(store.commit(run_id))
    store.commit(run_id)
    socket.handle(log.delta(after=2, fence=1))  # and the push of the second event is lost
    positions = {"positions": [store.position(run_id)], "read_at": store.now}
    socket.handle({"type": "netra.positions", **positions})
    socket.handle({"type": "netra.overflow"})
    assert socket.seqs(run_id) == ([1, 2] if is_told else [])
    assert len(socket.sent) == (3 if is_told else 0)


def test_what_a_socket_asks_for_goes_on_whatever_it_covers() -> None:
    store = FakeStore()
    run_id = store.begin(is_child=True)
    store.commit(run_id)
    socket = Socket(store)
    socket.handle(store.commit(run_id))
    assert socket.sent == []
    socket.resume(run_id, 1)
    socket.handle(store.commit(run_id))
    assert socket.seqs(run_id) == [2, 3]


def test_a_thread_is_resumed_without_children_that_nobody_asked_for() -> None:
    store = FakeStore()
    store.begin(is_child=True)
    socket = Socket(store)
    socket.resume_thread("t")
    assert [frame["data"] for frame in socket.sent] == [{"thread_id": "t", "runs": []}]


def check(store: FakeStore, socket: Socket, *runs: Any) -> None:
    """A position check reads the database and tells the socket."""
    positions = [store.position(run_id) for run_id in runs]
    socket.handle({"type": "netra.positions", "positions": positions, "read_at": store.now})


# F24
def test_a_lost_push_of_the_terminal_event_is_found_by_the_position_check() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.handle(store.commit(run_id))
    store.commit(run_id, kind="agent_completed")
    check(store, socket, run_id)
    check(store, socket, run_id)
    assert [frame["type"] for frame in socket.sent] == ["agent_thinking", "agent_completed"]


# F4
def test_what_a_check_finds_before_the_acceptance_is_told_after_it() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.replay.hold(run_id)
    store.commit(run_id, kind="agent_completed")  # its push is lost
    check(store, socket, run_id)
    assert socket.sent == []
    socket.handle({"type": "netra.joined", "run": run_id})
    assert socket.seqs(run_id) == [1]


# F4
def test_a_run_that_waits_for_its_acceptance_is_not_resumed_with_its_thread() -> None:
    store = FakeStore()
    socket = Socket(store)
    run_id = store.begin()
    socket.replay.hold(run_id)
    socket.handle(store.commit(run_id))
    socket.resume_thread("t")
    assert [frame["data"] for frame in socket.sent] == [{"thread_id": "t", "runs": []}]
    socket.handle({"type": "netra.joined", "run": run_id})
    assert socket.seqs(run_id) == [1]


# F26
def test_a_push_that_arrives_long_after_the_end_of_its_run_repeats_nothing() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.handle(store.commit(run_id))
    last = store.commit(run_id, kind="agent_completed")
    socket.handle(last)
    check(store, socket, run_id)
    store.now += 2 * REMEMBERED
    other = store.begin()
    store.commit(other)
    check(store, socket, other)
    assert run_id not in socket.replay._cursors  # what a socket remembers is bounded
    socket.handle(last)
    check(store, socket, run_id)
    assert socket.seqs(run_id) == [1, 2]


# F33
def test_a_run_deleted_while_it_is_resumed_is_an_error_and_no_more() -> None:
    store = FakeStore()
    run_id = store.begin()
    for _ in range(3):
        store.commit(run_id, kind="agent_completed")
    socket = Socket(store)
    store.meanwhile = [lambda: None, lambda: store.runs.pop(run_id)]
    socket.resume(run_id, 1)
    assert [frame["type"] for frame in socket.sent] == ["resuming", "resumed", "error"]
    assert socket.sent[-1]["data"]["code"] == "run_not_found"


# F32
def test_an_accepted_run_whose_events_are_pruned_is_given_as_a_snapshot() -> None:
    store = FakeStore()
    run_id = store.begin()
    store.commit(run_id, kind="agent_completed")
    store.runs[run_id].pruned = 1
    socket = Socket(store)
    acceptance = json.dumps({"type": "run_accepted"})
    socket.handle({"type": "netra.rejoined", "run": run_id, "acceptance": acceptance})
    assert [frame["type"] for frame in socket.sent] == ["run_accepted", "resumed", "run_snapshot"]


def test_a_notice_goes_to_a_socket_whatever_it_covers() -> None:
    socket = Socket(FakeStore(), Coverage(thread="another"))
    text = json.dumps({"type": "dataset_ready", "data": {}})
    socket.handle({"type": "netra.event", "kind": "notice", "text": text})
    assert socket.sent == [json.loads(text)]
