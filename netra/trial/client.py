"""A socket client that checks what it gets: comes back, resumes, asks again, and writes it down."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from agents.events import TERMINAL_TYPES
from netra.trial.asking import Asking
from netra.trial.delivery import Deliveries
from netra.trial.journal import ABNORMAL, RESTARTING, Journal
from netra.trial.process import Process
from netra.trial.script import Script

FIRST_WAIT_SECONDS = 0.05  # before a connection is tried again; each time twice as long
LONGEST_WAIT_SECONDS = 2.0
CONNECT_SECONDS = 15
REPEAT_SECONDS = 0.5  # after the server said that it cannot take a run right now
FRAME_LIMIT_BYTES = 8 * 1024 * 1024
PASSING = frozenset(
    ("message_delta", "thinking_delta", "tool_progress", "message_snapshot", "agent_status")
)

Decide = Callable[[str], Awaitable[str]]
"""What an operator says to a call that may have taken effect: from its entry to a decision."""


class TrialClient:
    """One user's socket, at one of `webs` at a time. Use `open` as a task beside `perform`."""

    def __init__(
        self,
        token: str,
        webs: Sequence[Process],
        journal: Journal,
        *,
        random: Random,
        decide: Decide | None = None,
    ) -> None:
        self.askings: list[Asking] = []
        self._token = token
        self._webs = webs
        self._journal = journal
        self._random = random
        self._decide = decide
        self._deliveries = Deliveries()
        self._socket: ClientConnection | None = None
        self._web = random.randrange(len(webs))
        self._lost_at: float | None = None
        self._is_cutting = False
        self._decisions: dict[tuple[str, str], dict[str, Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what a trial does with it ---------------------------------------------------------------

    async def perform(self, script: Script, *, agent: str, patience: float) -> Asking:
        """Ask for a run and return when it has ended, or `patience` (s) has."""
        asking = Asking(script, agent, key=f"{script.label}-{self._random.getrandbits(64):016x}")
        self.askings.append(asking)
        await self._send(asking.message)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await asking.done.wait()
        return asking

    async def open(self) -> None:
        """Be connected, until cancelled."""
        wait = FIRST_WAIT_SECONDS
        try:
            while True:
                if await self._connect_once():
                    wait = FIRST_WAIT_SECONDS
                await asyncio.sleep(wait * self._random.uniform(0.5, 1))
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()

    def cut(self) -> bool:
        """Break the connection as a network does; False if there is none."""
        if self._socket is None:
            return False
        self._is_cutting = True
        self._socket.transport.abort()
        return True

    # --- the connection --------------------------------------------------------------------------

    async def _connect_once(self) -> bool:
        """Live through one connection; False if there was none."""
        self._web = (self._web + 1) % len(self._webs)
        web, begun = self._webs[self._web], time.monotonic()
        is_up = web.is_up
        try:
            socket = await self._handshake(web)
        except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError) as error:
            if is_up and web.hurt_at < begun:
                self._journal.connects += 1
                self._journal.failed_connects[_reason(error)] += 1
                if isinstance(error, InvalidStatus):
                    self._journal.statuses[error.response.status_code] += 1
            return False
        self._journal.connects += 1
        if self._lost_at is not None:
            self._journal.reconnect_seconds.append(time.monotonic() - self._lost_at)
        self._socket = socket
        try:
            await self._live(socket)
        except ConnectionClosed:
            self._lost(web, begun, socket.close_code or ABNORMAL)
        finally:
            self._socket = None
            socket.transport.abort()
        return True

    async def _handshake(self, web: Process) -> ClientConnection:
        """A socket whose server has said where our runs stand."""
        async with asyncio.timeout(CONNECT_SECONDS):
            socket = await connect(
                f"ws://127.0.0.1:{web.port}/ws",
                additional_headers={"Authorization": f"Bearer {self._token}"},
                max_size=FRAME_LIMIT_BYTES,
                proxy=None,
                open_timeout=None,
                ping_interval=None,
            )
            try:
                frame = json.loads(await socket.recv())
            except BaseException:
                socket.transport.abort()
                raise
        active = frame["data"].get("active_runs", ())
        self._deliveries.connected({run["run_id"]: run["last_seq"] for run in active})
        return socket

    async def _live(self, socket: ClientConnection) -> None:
        """Say what we wait for, then listen until the connection ends."""
        live = {ask.run_id: ask.delivery.last_seq for ask in self.askings if ask.is_live}
        if live:
            await self._send({"type": "resume", "runs": live})
        for message in [ask.message for ask in self.askings if ask.is_waiting]:
            await self._send(message)
        async for text in socket:
            self._take(str(text))
        raise ConnectionClosed(None, None)  # closed as it should be is closed all the same

    def _lost(self, web: Process, opened_at: float, code: int) -> None:
        self._lost_at = time.monotonic()
        was_hurt = web.hurt_at > opened_at
        wanted = RESTARTING if web.was_asked_to_end else ABNORMAL
        is_own = self._is_cutting and code == ABNORMAL
        self._journal.closed(code, is_explained=is_own or (was_hurt and code == wanted))
        self._is_cutting = False

    async def _send(self, message: dict[str, Any]) -> None:
        """What cannot be sent now is sent when we are connected again."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps(message))

    # --- what it is sent -------------------------------------------------------------------------

    def _take(self, text: str) -> None:
        frame = json.loads(text)
        kind, data = frame["type"], frame["data"]
        if "seq" in frame:
            self._take_event(frame, text)
            return
        self._journal.frames[kind] += 1
        match kind:
            case "run_accepted":
                self._accepted(str(frame.get("id")), data["run_id"])
            case "resuming":
                self._deliveries.rewound(data["run_id"], data["after"])
            case "resumed":
                for asking in self._of(data["run_id"]):
                    asking.is_unrecovered |= not data["recovered"]
                self._decide_again(data["run_id"])
            case "error":
                self._refused(str(frame.get("id")), data["code"])
            case _ if kind not in PASSING:
                self._journal.unknown[kind] += 1

    def _of(self, run_id: str) -> list[Asking]:
        return [asking for asking in self.askings if asking.run_id == run_id]

    def _accepted(self, label: str, run_id: str) -> None:
        """Its events follow from the first on, also if it is accepted again."""
        self._deliveries.rewound(run_id, 0)
        for asking in self.askings:
            if asking.script.label == label:
                asking.run_id = run_id
                asking.accepted_at = asking.accepted_at or time.monotonic()
                asking.delivery = self._deliveries.of(run_id)
        self._note_end(run_id)
        self._decide_again(run_id)

    def _take_event(self, frame: dict[str, Any], text: str) -> None:
        run_id, kind, data = frame["run_id"], frame["type"], frame["data"]
        if not self._deliveries.take(frame, text, time.monotonic()):
            return
        if kind == "approval_required":
            self._start(self._answer_approval(run_id, data["call_id"], data["parameters"]))
        elif kind == "approval_resolved":
            self._decisions.pop((run_id, data["call_id"]), None)
        elif kind in TERMINAL_TYPES:
            self._note_end(run_id)

    def _note_end(self, run_id: str) -> None:
        """A run may have been told to its end before its acceptance was heard."""
        for asking in self._of(run_id):
            if asking.delivery.end:
                asking.done.set()

    def _refused(self, label: str, code: str) -> None:
        self._journal.error_codes[code] += 1
        for asking in self.askings:
            if asking.script.label != label or not asking.is_waiting:
                continue
            if code == "unavailable":
                self._start(self._ask_again(asking))
            else:
                asking.refusal = code
                asking.done.set()

    async def _ask_again(self, asking: Asking) -> None:
        await asyncio.sleep(REPEAT_SECONDS)
        if asking.is_waiting:
            await self._send(asking.message)

    async def _answer_approval(self, run_id: str, call_id: str, arguments: dict[str, Any]) -> None:
        """Decide, and say so until the run shows that it was heard."""
        if self._decide is None:
            return
        decision = await self._decide(str(arguments.get("entry")))
        message = {"type": "resolve_approval", "run_id": run_id, "call_id": call_id}
        self._decisions[run_id, call_id] = {**message, "decision": decision}
        await self._send(self._decisions[run_id, call_id])

    def _decide_again(self, run_id: str) -> None:
        """
        Say what the server may not have heard.

        Not before we know what was told meanwhile: the call may have been asked for a second time,
        after a worker was lost, and what was decided the first time is no answer to that.
        """
        for (run, _), message in self._decisions.items():
            if run == run_id:
                self._start(self._send(message))

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _reason(error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        return f"HTTP {error.response.status_code}"
    return type(error).__name__
