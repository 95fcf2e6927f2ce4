"""
Sends the events of a user's runs to one socket: each once, in order, none missing.

The socket keeps a cursor per run: the last `seq` it was sent. A push that is the next one is sent
as it came. Everything else, a hole, a resume, an overflow, Redis's return, ends in `_fill`, which
reads the store from the cursor, as fast as the transport drains.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from agents.events import TERMINAL_TYPES
from agents.exceptions import RunNotFound
from agents.services.positions import Position, StoredFrame
from realtime.protocol import server_frame

PAGE = 32  # events; at most 8 MB are in memory for a socket that is being caught up
REMEMBERED = timedelta(seconds=120)  # how long the cursor of a finished run is kept


class Store(Protocol):
    """Where the events are. All of it is this user's only; a read waits for an absent database."""

    async def events_after(self, run_id: UUID, seq: int, limit: int) -> Sequence[StoredFrame]: ...

    async def position_of(self, run_id: UUID) -> Position | None: ...

    async def positions_in_thread(self, thread: str) -> list[Position]: ...

    async def positions_changed(self, since: datetime) -> list[Position]: ...

    async def describe(self, run_id: UUID) -> dict[str, Any]: ...

    def ask_for_snapshot(self, position: Position) -> None: ...


@dataclass(slots=True)
class Cursor:
    seq: int
    fence: int = 0
    is_asked_for: bool = False  # by this socket: it is told whatever the socket covers
    is_held: bool = False  # the run's acceptance has not been sent yet
    has_missed: bool = False  # something was pushed while it was held
    is_done: bool = False  # the terminal event was sent
    finished_at: datetime | None = None  # once a position check has told


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which runs this socket wants to hear of."""

    thread: str | None = None
    children: bool = False

    def covers(self, thread: str, is_child: bool) -> bool:  # noqa: FBT001
        return self.thread in (None, thread) and self.covers_family(is_child)

    def covers_family(self, is_child: bool) -> bool:  # noqa: FBT001
        return self.children or not is_child


class Replay:
    """One socket's. All methods run on the event loop; `handle` in one task only."""

    def __init__(
        self, send: Callable[[str], Awaitable[None]], store: Store, coverage: Coverage
    ) -> None:
        self._send = send
        self._store = store
        self._coverage = coverage
        self._cursors: dict[UUID, Cursor] = {}
        self._began_at = self._checked_at = datetime.min.replace(tzinfo=UTC)

    def begin(self, began_at: datetime, positions: Iterable[Position]) -> None:
        """Live runs go on from here; those that ended before `began_at` are not ours to tell."""
        self._began_at = self._checked_at = began_at
        for position in positions:
            self._cursors[position.run_id] = Cursor(position.last_seq)

    # --- runs that this socket starts ------------------------------------------------------------

    def hold(self, run_id: UUID) -> None:
        """Send nothing of this run until `join`: its acceptance goes first."""
        self._cursors[run_id] = Cursor(0, is_asked_for=True, is_held=True)

    def drop(self, run_id: UUID) -> None:
        """The run was not accepted."""
        self._cursors.pop(run_id, None)

    def follows(self, run_id: UUID) -> bool:
        """Whether more of the run may come: its end has not been sent, nor stood for."""
        cursor = self._cursors.get(run_id)
        return cursor is not None and not cursor.is_done

    # --- what the pump hands in ------------------------------------------------------------------

    async def handle(self, message: dict[str, Any]) -> None:
        """One message of the socket's inbox."""
        match message["type"]:
            case "netra.event":
                await self._told(message)
            case "netra.joined":
                await self._joined(message["run"])
            case "netra.rejoined":
                await self._rejoined(message["run"], message["acceptance"])
            case "netra.resume":
                await self._resume(message)
            case "netra.positions":
                await self._catch_up(message["positions"])
                self._checked_at = message["read_at"]
                self._forget_finished()
            case "netra.overflow":
                await self._catch_up(await self._store.positions_changed(self._checked_at))

    async def _told(self, message: dict[str, Any]) -> None:
        """What was pushed to all of the user's sockets; a notice, of no run, goes as it is."""
        match message["kind"]:
            case "event":
                await self._pushed(message)
            case "delta":
                await self._delta(message)
            case "notice":
                await self._send(message["text"])

    async def _pushed(self, message: dict[str, Any]) -> None:
        run_id, seq = UUID(hex=message["run"]), message["seq"]
        if not self._tells(run_id, message["thread"], message["child"]):
            return
        cursor = self._cursors.get(run_id)
        if cursor is None:
            cursor = await self._new_cursor(run_id)
        if cursor is None or cursor.is_done:
            return
        cursor.fence = max(cursor.fence, message["fence"])
        if cursor.is_held:
            cursor.has_missed = True
        elif seq == cursor.seq + 1:
            await self._emit(cursor, seq, message["event"], message["text"])
        elif seq > cursor.seq:
            await self._fill(run_id, cursor)

    async def _delta(self, message: dict[str, Any]) -> None:
        """Text is worth sending only to who has every event before it, and from the owner."""
        run_id = UUID(hex=message["run"])
        if not self._tells(run_id, message["thread"], message["child"]):
            return
        cursor = self._cursors.get(run_id)
        if cursor is None or cursor.is_held or cursor.is_done or message["fence"] < cursor.fence:
            return
        if message["after"] > cursor.seq:
            await self._fill(run_id, cursor)
        if message["after"] == cursor.seq:
            await self._send(message["text"])

    async def _joined(self, run_id: UUID) -> None:
        """The run's acceptance was sent; now its events may follow."""
        cursor = self._cursors[run_id]
        cursor.is_held = False
        if cursor.has_missed:
            await self._fill(run_id, cursor)

    async def _rejoined(self, run_id: UUID, acceptance: str) -> None:
        """Accept a run that may be under way here already; after that it is told from its start."""
        await self._send(acceptance)
        position = await self._store.position_of(run_id)
        if position is not None and not await self._recover(position, 0):
            await self._give_snapshot(position, None)

    async def _catch_up(self, positions: Iterable[Position]) -> None:
        for position in positions:
            if not self._tells(position.run_id, position.thread, position.is_child):
                continue
            cursor = self._cursors.get(position.run_id)
            if cursor is None and not self._ended_before(position):
                cursor = self._cursors[position.run_id] = Cursor(0)
            if cursor is None:
                continue
            if cursor.is_held:
                cursor.has_missed = True
            elif cursor.seq < position.last_seq:
                await self._fill(position.run_id, cursor)
            cursor.finished_at = position.finished_at

    # --- resume ----------------------------------------------------------------------------------

    async def _resume(self, message: dict[str, Any]) -> None:
        wanted: dict[UUID, int] = message["positions"]
        if message["thread"] is not None:
            found = await self._store.positions_in_thread(message["thread"])
            wanted = {position.run_id: 0 for position in found if self._is_resumable(position)}
            data = {"thread_id": message["thread"], "runs": [str(run_id) for run_id in wanted]}
            await self._send(server_frame("resuming", data, message["id"]))
        for run_id, after in wanted.items():
            await self._resume_run(run_id, after, message["id"])

    async def _resume_run(self, run_id: UUID, after: int, answer_id: str | None) -> None:
        position = await self._store.position_of(run_id)
        if position is None:
            data = {"code": "run_not_found", "message": f"You have no run {run_id}."}
            await self._send(server_frame("error", data, answer_id))
            return
        resuming = {"run_id": str(run_id), "after": after}
        await self._send(server_frame("resuming", resuming, answer_id))
        if await self._recover(position, after):
            await self._resumed(run_id, recovered=True, answer_id=answer_id)
        else:
            await self._give_snapshot(position, answer_id)
        if position.is_live:
            self._store.ask_for_snapshot(position)

    async def _recover(self, position: Position, after: int) -> bool:
        """Tell a run again after a position; False if that cannot be done, then it goes on here."""
        start = min(after, position.last_seq)
        cursor = self._cursors[position.run_id] = Cursor(start, is_asked_for=True)
        is_known = after <= position.last_seq and await self._fill(position.run_id, cursor)
        recovered = is_known and cursor.seq >= position.last_seq
        cursor.seq = max(cursor.seq, position.last_seq)
        if not position.is_live:
            cursor.is_done, cursor.finished_at = True, position.finished_at
        return recovered

    async def _resumed(self, run_id: UUID, *, recovered: bool, answer_id: str | None) -> None:
        last_seq = self._cursors[run_id].seq
        data = {"run_id": str(run_id), "recovered": recovered, "last_seq": last_seq}
        await self._send(server_frame("resumed", data, answer_id))

    async def _give_snapshot(self, position: Position, answer_id: str | None) -> None:
        """Instead of events that are not there (any more)."""
        await self._resumed(position.run_id, recovered=False, answer_id=answer_id)
        try:
            run = await self._store.describe(position.run_id)
        except RunNotFound as error:  # deleted meanwhile
            await self._send(server_frame("error", error.body(), answer_id))
        else:
            await self._send(server_frame("run_snapshot", {"run": run}, answer_id))

    # --- the one way events reach the socket -----------------------------------------------------

    async def _fill(self, run_id: UUID, cursor: Cursor) -> bool:
        """Send what the store has after the cursor; False if the next event was removed."""
        while not cursor.is_done:
            page = await self._store.events_after(run_id, cursor.seq, PAGE)
            for seq, kind, text in page:
                if seq != cursor.seq + 1:
                    return False
                await self._emit(cursor, seq, kind, text)
            if len(page) < PAGE:
                break
        return True

    async def _emit(self, cursor: Cursor, seq: int, kind: str, text: str) -> None:
        cursor.seq = seq
        cursor.is_done = kind in TERMINAL_TYPES
        await self._send(text)

    # --- cursors ---------------------------------------------------------------------------------

    async def _new_cursor(self, run_id: UUID) -> Cursor | None:
        """
        For a run this socket has not heard of; None if it had ended before the socket began.

        None also if it is not in the store as the user's own: whoever can write to Redis can push.
        """
        position = await self._store.position_of(run_id)
        if position is None or self._ended_before(position):
            return None
        cursor = self._cursors[run_id] = Cursor(0)
        return cursor

    def _tells(self, run_id: UUID, thread: str, is_child: bool) -> bool:  # noqa: FBT001
        cursor = self._cursors.get(run_id)
        asked_for = cursor is not None and cursor.is_asked_for
        return asked_for or self._coverage.covers(thread, is_child)

    def _is_resumable(self, position: Position) -> bool:
        """With its thread. What waits for its acceptance is told from its start after that."""
        cursor = self._cursors.get(position.run_id)
        is_held = cursor is not None and cursor.is_held
        return not is_held and self._coverage.covers_family(position.is_child)

    def _ended_before(self, position: Position) -> bool:
        return position.finished_at is not None and position.finished_at <= self._began_at

    def _forget_finished(self) -> None:
        """
        The cursors of runs that ended long before the position check that was just handled.

        All such runs have been told by now: from here on they are as those that ended before the
        socket began, however late a push of theirs arrives.
        """
        self._began_at = max(self._began_at, self._checked_at - REMEMBERED)
        for run_id, cursor in list(self._cursors.items()):
            if cursor.is_done and cursor.finished_at and cursor.finished_at <= self._began_at:
                del self._cursors[run_id]
