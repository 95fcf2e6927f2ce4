"""A worker dies between any two writes of a run; the next one continues, and nothing shows."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Value
from django.db.models.functions import Now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from agents.engine.memory import messages_of
from agents.models import Message, ModelMessage, Run, RunEvent, ToolCall
from agents.publishing.decisions import decide
from agents.publishing.store import commit
from agents.states import RunState
from tests.agents.engine.dying import Death, Shift, work
from tests.agents.factories import make_agent, make_run, reload
from tests.extension.agents import TOOLS

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

ONCE, AGAIN = "write_ledger", "tally"  # may never be made again; may be
SCRIPT: list[dict[str, Any]] = [
    {},  # the opening step stands for the first response
    {"think": "I pay.", "say": "First I pay.", "calls": [[ONCE, {"entry": "a"}]]},
    {
        "calls": [
            [AGAIN, {"entry": "b"}],
            ["refuse", {"message": "No."}],
            [ONCE, {"entry": "c"}],
            [AGAIN, {"entry": "d"}],
        ]
    },
    {"think": "What now?"},  # neither an answer nor a call: the model is asked once more
    {"calls": [["crash", {}], ["nap", {}], ["nap", {"seconds": 0}]]},  # one without its argument
    {"say": ["All ", "done."], "think": "Well."},
]
CONVERSATION = [
    ["user-prompt"],
    ["text", "tool-call"],  # the opening
    ["tool-return"],
    ["text", "thinking", "tool-call"],
    ["tool-return"],
    ["tool-call"] * 4,
    ["tool-return"] * 4,
    ["thinking"],
    ["retry-feedback"],
    ["tool-call"] * 3,
    ["tool-return"] * 3,
    ["text", "thinking"],
]
ANSWER = "All done."
MOMENTS = 60  # more than the run has; a worker that is to die later than its end lives


class Desk:
    """Makes runs, and counts what their tools did."""

    def __init__(self, user: User, home: Path) -> None:
        self.user, self.ledger = user, home / "ledger"
        self.agent = make_agent(
            "payer",
            model="scripted:",
            tools=TOOLS,
            opening_tool="inspect_data",
            instructions="Act.",
        )
        self.numbers = count()

    def begin(self) -> Run:
        self.ledger.unlink(missing_ok=True)
        script = json.dumps(SCRIPT)
        return make_run(
            self.user, agent=self.agent, input=script, thread=f"thread-{next(self.numbers)}"
        )

    def effects(self) -> Counter[str]:
        return Counter(self.ledger.read_text().split() if self.ledger.exists() else ())


@pytest.fixture
def desk(alice: User, tmp_path: Path, settings: Any) -> Desk:
    settings.DATA_DIR = tmp_path
    return Desk(alice, tmp_path)


def go_through(desk: Desk, *deaths: Death) -> list[Shift]:
    """A run whose workers die one after the other, until one lives; all that is promised holds."""
    run = desk.begin()
    shifts: list[Shift] = []
    coming = iter(deaths)
    while not reload(run.pk).is_terminal:
        finished = finished_entries(run)
        before = desk.effects()
        shifts.append(work(run.pk, owner=str(len(shifts)), death=next(coming, None)))
        after = desk.effects()
        assert {name: after[name] for name in finished} == {
            name: before[name] for name in finished
        }, "a finished call was made again"
        write_late(shifts)
        if not answered(run, desk):
            lose(run)
    assert_whole(run, desk, workers=len(shifts))
    return shifts


def answered(run: Run, desk: Desk) -> bool:
    """Decide as who looks first whether a call took effect; False if nothing was asked."""
    waiting = list(ToolCall.objects.waiting().filter(run=run))
    for call in waiting:
        is_made = call.tool == ONCE and desk.effects()[json.loads(call.arguments)["entry"]]
        assert decide(run.pk, call.call_id, "deny" if is_made else "approve", by="bob", reason="")
    return reload(run.pk).state == RunState.WAITING_FOR_APPROVAL


def lose(run: Run) -> None:
    """Its worker is gone, unless the run has ended."""
    past = Now() - Value(timedelta(seconds=1))
    Run.objects.live().filter(pk=run.pk).update(lease_expires_at=past)


def finished_entries(run: Run) -> list[str]:
    closed = ToolCall.objects.filter(run=run).exclude(status=ToolCall.Status.OPEN)
    arguments = [json.loads(call.arguments) for call in closed]
    return [given["entry"] for given in arguments if "entry" in given]


def write_late(shifts: list[Shift]) -> None:
    """Those who were replaced come back, and write what they had in hand."""
    for gone in shifts[:-1]:
        if gone.unwritten:
            assert commit(gone.unwritten).lost == {gone.held}


def assert_whole(run: Run, desk: Desk, *, workers: int) -> None:
    events = list(RunEvent.objects.filter(run=run))
    kinds = [event.type for event in events]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert kinds[-1] == "agent_completed"
    assert sum(kind in ("agent_completed", "agent_error", "agent_cancelled") for kind in kinds) == 1
    assert kinds.count("agent_started") == 1
    assert kinds.count("run_resumed") < workers
    row = reload(run.pk)
    assert (row.state, row.last_seq, row.result) == ("completed", len(events), ANSWER)
    assert [m.content for m in Message.objects.filter(run=run, role="assistant")] == [ANSWER]
    indexes = ModelMessage.objects.filter(run=run).values_list("index", flat=True)
    assert list(indexes) == list(range(len(indexes)))
    assert conversation(run) == CONVERSATION
    assert_calls(run, desk, events)


def conversation(run: Run) -> list[list[str]]:
    """What the model and its tools said to each other, by the kinds of the messages' parts."""
    return [sorted(part.part_kind for part in message.parts) for message in messages_of(run)]


def assert_calls(run: Run, desk: Desk, events: list[RunEvent]) -> None:
    """Each is announced once and closed once, and has had the effects that it says it had."""
    frames = [json.loads(event.frame) for event in events]
    for kind in ("tool_executing", "tool_completed"):
        told = [frame["data"]["call_id"] for frame in frames if frame["type"] == kind]
        assert sorted(told) == sorted(call.call_id for call in ToolCall.objects.filter(run=run))
    effects = desk.effects()
    for call in ToolCall.objects.filter(run=run, tool__in=(ONCE, AGAIN)):
        made = effects[json.loads(call.arguments)["entry"]]
        if call.tool == AGAIN:
            assert (call.status, made >= 1) == ("succeeded", True)
        else:
            assert (call.status in ("succeeded", "denied"), made) == (True, 1)


def test_a_run_that_nobody_dies_in_is_the_measure(desk: Desk) -> None:
    [shift] = go_through(desk)
    assert 20 < 2 * shift.handed_over < MOMENTS
    assert desk.effects() == Counter("abcd")


def moments(desk: Desk) -> Iterator[Death]:
    """Every moment between two writes of the run."""
    [whole] = go_through(desk)
    for point in range(2 * whole.handed_over):
        yield Death.number(point)


# F8, F9, F10, F11, F12, F14
def test_a_worker_may_die_right_before_and_right_after_every_write(desk: Desk) -> None:
    deaths = list(moments(desk))
    assert len(deaths) > 40
    for death in deaths:
        first, *rest = go_through(desk, death)
        assert first.is_dead
        assert bool(rest) == (death is not deaths[-1])  # after the last write it has ended


# F8, F9, F10, F11, F12, F14
@given(first=st.integers(0, MOMENTS), second=st.integers(0, MOMENTS))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_two_workers_of_a_run_may_die_at_any_moments(desk: Desk, first: int, second: int) -> None:
    go_through(desk, Death.number(first), Death.number(second))
