"""What a server does wrong is seen: a chaos program that cannot fail would be worth nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from netra.trial.asking import Asking
from netra.trial.client import TrialClient
from netra.trial.journal import Journal
from netra.trial.process import Process
from netra.trial.script import Script
from tests.chat import Frame

RUN = "5b0c2f5e-0f1e-4a57-9d2e-3f6a4f7f7d10"
LAST = 4


def event(seq: int, *, kind: str = "agent_thinking", thought: str = "") -> Frame:
    kind = "agent_completed" if seq == LAST else kind
    return {"type": kind, "run_id": RUN, "seq": seq, "data": {"thought": thought or str(seq)}}


def established(**active: int) -> Frame:
    runs = [{"run_id": RUN, "last_seq": seq} for seq in active.values()]
    return {"type": "connection_established", "data": {"active_runs": runs}}


def rewound(after: int) -> Frame:
    return {"type": "resuming", "data": {"run_id": RUN, "after": after}}


ACCEPTED: Frame = {"type": "run_accepted", "id": "one", "data": {"run_id": RUN}}
WHOLE = [event(seq) for seq in range(1, LAST + 1)]


class Liar:
    """A server that sends what it was told to: a list of frames per socket, then perhaps a code."""

    def __init__(self, *sockets: Sequence[Frame | int]) -> None:
        self._sockets = list(sockets)
        self.heard: list[Frame] = []

    async def serve(self, socket: ServerConnection) -> None:
        frames = self._sockets.pop(0) if self._sockets else [established()]
        for frame in frames:
            if isinstance(frame, int):
                await socket.close(frame)
                return
            await socket.send(json.dumps(frame))
            if frame["type"] == "connection_established":
                self.heard.append(json.loads(await socket.recv()))
        async for message in socket:
            self.heard.append(json.loads(message))


async def approve(entry: str) -> str:
    return "approve"


@asynccontextmanager
async def asking(
    liar: Liar, journal: Journal, home: Path, *, patience: float = 20
) -> AsyncIterator[Asking]:
    """What a client makes of `liar`, once it had the time."""
    async with serve(liar.serve, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        web = Process([], home / "log", {}, lambda: True, port, is_up=True)
        client = TrialClient("token", [web], journal, random=Random(1), decide=approve)
        open_socket = asyncio.create_task(client.open())
        try:
            asked = await client.perform(Script("one"), agent="any", patience=patience)
            await asyncio.sleep(0.2)
            yield asked
        finally:
            open_socket.cancel()
            await asyncio.gather(open_socket, return_exceptions=True)


async def test_a_server_that_is_right_is_found_right(tmp_path: Path) -> None:
    journal = Journal()
    liar = Liar([established(), ACCEPTED, *WHOLE])
    async with asking(liar, journal, tmp_path) as asked:
        given = asked.delivery
    assert (given.duplicated, given.out_of_order, given.changed) == (0, 0, 0)
    assert (given.last_seq, asked.end_type) == (LAST, "agent_completed")
    assert not journal.closes
    assert not journal.unknown
    assert liar.heard[0]["idempotency_key"] == asked.key


@pytest.mark.parametrize(
    ("order", "duplicated", "out_of_order"),
    [
        ([1, 2, 2, 3, 4], 1, 0),
        ([1, 2, 3, 4, 4], 1, 0),
        ([1, 3, 4], 0, 1),
        ([2, 1, 3, 4], 0, 2),
        ([1, 3, 2, 4], 0, 2),
        ([1, 2, 1, 2, 3, 4], 2, 0),
    ],
)
async def test_repeats_and_disorder_on_a_socket_are_counted(
    tmp_path: Path, order: list[int], duplicated: int, out_of_order: int
) -> None:
    liar = Liar([established(), ACCEPTED, *(event(seq) for seq in order)])
    async with asking(liar, Journal(), tmp_path, patience=1) as asked:
        given = asked.delivery
    assert (given.duplicated, given.out_of_order) == (duplicated, out_of_order)


async def test_a_run_without_an_end_is_noticed(tmp_path: Path) -> None:
    liar = Liar([established(), ACCEPTED, *WHOLE[:-1]])
    async with asking(liar, Journal(), tmp_path, patience=0.5) as asked:
        assert asked.end_type == ""
        assert asked.is_live


async def test_a_run_is_resumed_after_the_last_event_that_arrived(tmp_path: Path) -> None:
    journal = Journal()
    liar = Liar(
        [established(), ACCEPTED, *WHOLE[:2], 4012],
        # An event may come before the server has heard of the resume; then it comes again.
        [established(active=3), event(4), rewound(2), *WHOLE[2:]],
    )
    async with asking(liar, journal, tmp_path) as asked:
        given = asked.delivery
    assert liar.heard[1] == {"type": "resume", "runs": {RUN: 2}}
    assert (given.duplicated, given.out_of_order, given.early) == (0, 0, 1)
    assert len(journal.reconnect_seconds) == 1
    assert journal.closes == {4012: 1}  # nobody asked this server to end


@pytest.mark.parametrize(("told", "again"), [("approval_resolved", 0), ("agent_thinking", 1)])
async def test_a_decision_is_said_again_only_if_it_was_not_told_meanwhile(
    tmp_path: Path, told: str, again: int
) -> None:
    """For the next question about the same call may be another one."""
    call: dict[str, Any] = {"call_id": "call_0_0", "parameters": {"entry": "paid"}}
    question: Frame = {**event(2, kind="approval_required"), "data": call}
    meanwhile: Frame = {**event(3, kind=told), "data": call}
    resumed: Frame = {"type": "resumed", "data": {"run_id": RUN, "recovered": True}}
    liar = Liar(
        [established(), ACCEPTED, event(1), question, 4012],
        [established(active=2), rewound(2), meanwhile, resumed],
    )
    async with asking(liar, Journal(), tmp_path, patience=2):
        decisions = [frame for frame in liar.heard if frame["type"] == "resolve_approval"]
    assert len(decisions) == again


async def test_what_is_sent_again_without_a_resume_is_a_duplicate(tmp_path: Path) -> None:
    liar = Liar(
        [established(), ACCEPTED, *WHOLE[:2], 4012],
        [established(active=2), *WHOLE[1:]],
    )
    async with asking(liar, Journal(), tmp_path) as asked:
        assert asked.delivery.duplicated == 1


async def test_an_event_that_is_another_one_the_second_time_is_noticed(tmp_path: Path) -> None:
    liar = Liar(
        [established(), ACCEPTED, *WHOLE[:2], 4012],
        [established(), rewound(1), event(2, thought="changed"), *WHOLE[2:]],
    )
    async with asking(liar, Journal(), tmp_path) as asked:
        assert (asked.delivery.changed, asked.delivery.duplicated) == (1, 0)


async def test_a_start_that_was_not_answered_is_sent_again_under_its_key(tmp_path: Path) -> None:
    journal = Journal()
    # The second server began to tell the run before it heard of it again.
    liar = Liar([established(), 1011], [established(active=0), *WHOLE, ACCEPTED, *WHOLE])
    async with asking(liar, journal, tmp_path) as asked:
        assert asked.end_type == "agent_completed"
    assert liar.heard[0] == liar.heard[1]
    assert journal.closes == {1011: 1}


async def test_a_refusal_ends_the_waiting(tmp_path: Path) -> None:
    refusal: dict[str, Any] = {"type": "error", "id": "one", "data": {"code": "agent_not_found"}}
    async with asking(Liar([established(), refusal]), Journal(), tmp_path) as asked:
        assert asked.refusal == "agent_not_found"


async def test_a_server_that_is_too_busy_is_asked_again(tmp_path: Path) -> None:
    refusal: dict[str, Any] = {"type": "error", "id": "one", "data": {"code": "unavailable"}}
    journal = Journal()
    liar = Liar([established(), refusal, ACCEPTED, *WHOLE])
    async with asking(liar, journal, tmp_path) as asked:
        assert asked.end_type == "agent_completed"
    assert journal.error_codes == {"unavailable": 1}


async def test_a_frame_that_no_client_knows_is_noticed(tmp_path: Path) -> None:
    journal = Journal()
    odd: dict[str, Any] = {"type": "oddity", "data": {}}
    async with asking(Liar([established(), ACCEPTED, odd, *WHOLE]), journal, tmp_path):
        assert journal.unknown == {"oddity": 1}
