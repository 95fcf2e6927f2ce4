"""Requests to the worker that holds a run: hints, like every push; the database has the request."""

from collections.abc import AsyncIterator
from typing import Any, Literal, TypeAlias, cast
from uuid import UUID

from channels.layers import get_channel_layer

from agents.publishing.push import control_group, push_soon

MESSAGE_TYPE = "netra.control"

Request: TypeAlias = Literal["cancel", "snapshot"]


def ask(owner: str, request: Request, run_id: UUID) -> None:
    """Tell the worker `owner` to look at a run. Returns at once; any thread."""
    message = {"type": MESSAGE_TYPE, "request": request, "run": run_id.hex}
    push_soon([(control_group(owner), message)])


async def requests(owner: str) -> AsyncIterator[tuple[Request, UUID]]:
    """What this worker is asked for, for ever; survives the loss of Redis."""
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(control_group(owner), channel)
    while True:
        message = await layer.receive(channel)
        if message["type"] == MESSAGE_TYPE:
            yield cast(Request, message["request"]), UUID(hex=message["run"])
