"""
Tells watching sockets what was committed. A push is a hint: what it loses, the store fills in.

Everything travels to the group of the run's user as one message type; `kind` tells the rest.
"""

import functools
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias, cast

from channels.layers import get_channel_layer
from pydantic_core import to_json

from agents.events import Envelope, Notice
from agents.publishing.store import StoredEvent
from agents.publishing.units import Delta

logger = logging.getLogger(__name__)

MESSAGE_TYPE = "netra.event"  # a method name to Channels: fixed, never from a user

Push: TypeAlias = tuple[str, dict[str, Any]]
"""A group and the message for it."""


class PushLayer(Protocol):
    """What we need of the channel layer, from a thread: gives up after 3 s with an OSError."""

    def publish(self, messages: Iterable[Push]) -> None: ...


def user_group(user_id: int) -> str:
    return f"user.{user_id:d}"


def control_group(owner: str) -> str:
    """Where the worker that calls itself `owner` (hex digits) takes requests."""
    return f"control.{owner}"


def event_push(event: StoredEvent) -> Push:
    run = event.run
    return user_group(run.user_id), {
        "type": MESSAGE_TYPE,
        "kind": "event",
        "run": run.id.hex,
        "thread": run.envelope.thread_id,
        "child": run.envelope.parent_run_id is not None,
        "fence": run.fence,
        "seq": event.seq,
        "event": event.type,
        "text": event.frame,
    }


def delta_push(delta: Delta, after: int) -> Push:
    """`after` is the seq of the last event before the delta: only who has that one may take it."""
    run = delta.run
    return user_group(run.user_id), {
        "type": MESSAGE_TYPE,
        "kind": "delta",
        "run": run.id.hex,
        "thread": run.envelope.thread_id,
        "child": run.envelope.parent_run_id is not None,
        "fence": run.fence,
        "after": after,
        "text": _delta_frame(delta, run.envelope),
    }


def notice_push(user_id: int, notice: Notice) -> Push:
    """Goes to every socket of the user, whichever thread it covers: a data set is in none."""
    return user_group(user_id), {
        "type": MESSAGE_TYPE,
        "kind": "notice",
        "text": notice.model_dump_json(),
    }


def _delta_frame(delta: Delta, envelope: Envelope) -> str:
    return to_json(
        {
            "type": delta.type,
            "run_id": envelope.run_id,
            "thread_id": envelope.thread_id,
            "agent": envelope.agent,
            "data": delta.data,
        }
    ).decode()


def push(messages: Sequence[Push]) -> None:
    """Publish now, in order. A layer that is down costs the hint, not the event."""
    layer = cast(PushLayer, get_channel_layer())
    try:
        layer.publish(messages)
    except OSError as error:
        logger.warning("Push failed", extra={"messages": len(messages), "reason": str(error)})


@functools.cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="netra-push")


def push_soon(messages: Sequence[Push]) -> None:
    """Publish in the background, for callers outside a worker's writer. Any thread."""
    _thread().submit(push, messages)


class PushThread(threading.Thread):
    """Publishes in the background, so that a frozen Redis never delays a commit."""

    LIMIT = 1_000  # batches; beyond it hints are dropped, and sockets read the store instead

    def __init__(self, publish: Callable[[Sequence[Push]], None] = push) -> None:
        super().__init__(name="netra-push", daemon=True)
        self._publish = publish
        self._batches: queue.Queue[Sequence[Push] | None] = queue.Queue(self.LIMIT)

    def submit(self, messages: Sequence[Push]) -> None:
        try:
            self._batches.put_nowait(messages)
        except queue.Full:
            logger.warning("Pushes dropped", extra={"messages": len(messages)})

    def stop(self) -> None:
        """Publish what was submitted, then end."""
        self._batches.put(None)
        self.join(timeout=5)

    def run(self) -> None:
        while (messages := self._batches.get()) is not None:
            try:
                self._publish(messages)
            except Exception:
                logger.exception("Push failed", extra={"messages": len(messages)})
