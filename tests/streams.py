"""A client of event streams for tests: says what it waits for, and never waits for ever."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from tests.chat import PATIENCE_SECONDS
from tests.stack import WITHOUT_TLS, Stack

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True)
class Event:
    """As a browser would see it; a comment has the type `comment`."""

    id: int | None
    type: str
    frame: dict[str, Any]


class Stream:
    """An answer that goes on. What was received is in `seen`."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.seen: list[Event] = []
        self._events = self._parsed()

    async def receive(self, *, within: float = PATIENCE_SECONDS) -> Event:
        """The next event; raises StopAsyncIteration after the last."""
        async with asyncio.timeout(within):
            event = await anext(self._events)
        self.seen.append(event)
        return event

    async def receive_until(self, wanted: str, *, within: float = PATIENCE_SECONDS) -> Event:
        async with asyncio.timeout(within):
            while (event := await self.receive(within=within)).type != wanted:
                pass
        return event

    async def rest(self, *, within: float = PATIENCE_SECONDS) -> list[Event]:
        """All that comes until the server ends the answer."""
        begun = len(self.seen)
        with suppress(StopAsyncIteration):
            async with asyncio.timeout(within):
                while True:
                    await self.receive(within=within)
        return self.seen[begun:]

    async def _parsed(self) -> AsyncIterator[Event]:
        fields: dict[str, str] = {}
        async for line in self.response.aiter_lines():
            name, _, value = line.partition(": ")
            if line.startswith(":"):
                yield Event(None, "comment", {})
            elif line:
                assert name not in fields
                fields[name] = value
            elif "data" in fields:
                position = int(fields["id"]) if "id" in fields else None
                yield Event(position, fields["event"], json.loads(fields["data"]))
                fields = {}
            else:
                fields = {}


@asynccontextmanager
async def open_stream(
    stack: Stack, run_id: str, user: str, *, query: str = "", **headers: str
) -> AsyncIterator[Stream]:
    """The stream of a run's events; `last_event_id="3"` is the header `Last-Event-ID`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    token = await asyncio.to_thread(stack.token, user)
    sent = {"authorization": f"Bearer {token}", "accept": EVENT_STREAM, **sent}
    url = f"{stack.url}/api/runs/{run_id}/events{query}"
    async with (
        httpx.AsyncClient(**WITHOUT_TLS, timeout=PATIENCE_SECONDS) as client,
        client.stream("GET", url, headers=sent) as response,
    ):
        yield Stream(response)


def numbered(events: list[Event]) -> list[int]:
    """The positions of the stored events among them, each of which must be said to be so."""
    stored = [event for event in events if "seq" in event.frame]
    for event in stored:
        assert (event.id, event.type) == (event.frame["seq"], event.frame["type"])
    return [event.frame["seq"] for event in stored]
