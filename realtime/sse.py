"""The form of Server-Sent Events."""

from pydantic_core import from_json

EVENT_STREAM = "text/event-stream"
BEGINNING = b"retry: 1000\n\n"  # milliseconds after which a browser comes back
HEARTBEAT = b": still here\n\n"


def event_chunk(text: str) -> bytes:
    """
    A frame of the socket as an event of the stream; empty if a stream has no need of it.

    Its id is a position to go on from: of an event its `seq`, of a snapshot the run's last one.
    """
    frame = from_json(text)
    kind, data = frame["type"], frame["data"]
    position = frame.get("seq")
    match kind:
        case "resuming":
            return b""
        case "resumed" if data["recovered"]:
            return b""
        case "run_snapshot":
            position = data["run"]["last_seq"]
    head = "" if position is None else f"id: {position}\n"
    return f"{head}event: {kind}\ndata: {text}\n\n".encode()
