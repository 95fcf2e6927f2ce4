"""Text on its way to watchers before it is stored: at most 20 frames a second per run."""

import asyncio
from dataclasses import dataclass, field

from accounts.text import storable
from agents.publishing.units import Delta, HeldRun, Publisher

FRAME_SECONDS = 0.05
HIGH_SURROGATES = range(0xD800, 0xDC00)


@dataclass(slots=True)
class _Text:
    """What was streamed under one message id, and how much of it watchers have been sent."""

    type: str
    message_id: str
    sent: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    offset: int = 0  # characters sent
    half: str = ""  # of a character whose other half is in the next piece

    def add(self, piece: str) -> None:
        piece = self.half + piece
        self.half = piece[-1] if ord(piece[-1]) in HIGH_SURROGATES else ""
        if ready := piece.removesuffix(self.half):
            self.pending.append(storable(ready))

    def end(self) -> None:
        """No piece follows."""
        if self.half:
            self.pending.append(storable(self.half))
            self.half = ""

    def whole(self) -> str:
        return "".join([*self.sent, *self.pending])


class DeltaStream:
    """Lives on the event loop. Offsets count characters from the beginning of a message."""

    def __init__(self, run: HeldRun, publisher: Publisher) -> None:
        self._run = run
        self._publisher = publisher
        self._loop = asyncio.get_running_loop()
        self._texts: list[_Text] = []
        self._notes: dict[str, str] = {}
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def text(self, message_id: str, piece: str) -> None:
        self._append("message_delta", message_id, piece)

    def thinking(self, message_id: str, piece: str) -> None:
        self._append("thinking_delta", message_id, piece)

    def note(self, call_id: str, note: str) -> None:
        """How far a tool is; of several notes between two frames the last is sent."""
        self._notes[call_id] = storable(note)
        self._schedule()

    def begin(self) -> None:
        """A new model response begins; what was streamed before is in events by now."""
        for text in self._texts:
            text.end()
        self.flush()
        self._texts.clear()

    def flush(self) -> None:
        """Send what is pending now, so that it precedes the event that follows."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        frames = [self._delta(text) for text in self._texts if text.pending]
        frames += [
            Delta(self._run, "tool_progress", {"call_id": call_id, "note": note})
            for call_id, note in self._notes.items()
        ]
        self._notes.clear()
        for frame in frames:
            self._publisher.submit(frame)
        self._next_at = self._loop.time() + FRAME_SECONDS * len(frames)

    def snapshot(self) -> None:
        """Send the whole text of the message that is being streamed, for who joined late."""
        self.flush()
        for text in self._texts:
            if text.type == "message_delta":
                data = {"message_id": text.message_id, "text": text.whole()}
                self._publisher.submit(Delta(self._run, "message_snapshot", data))

    def _append(self, type_: str, message_id: str, piece: str) -> None:
        if not piece:
            return
        for text in self._texts:
            if text.type == type_ and text.message_id == message_id:
                break
        else:
            text = _Text(type_, message_id)
            self._texts.append(text)
        text.add(piece)
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None:
            return
        if self._loop.time() >= self._next_at:
            self.flush()
        else:
            self._timer = self._loop.call_at(self._next_at, self.flush)

    def _delta(self, text: _Text) -> Delta:
        piece = "".join(text.pending)
        data = {"message_id": text.message_id, "offset": text.offset, "text": piece}
        text.offset += len(piece)
        text.sent.append(piece)
        text.pending.clear()
        return Delta(self._run, text.type, data)
