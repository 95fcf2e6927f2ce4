"""A socket client for tests: says what it waits for, and never waits for ever."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from agents.events import TERMINAL_TYPES

PATIENCE_SECONDS = 20

Frame = dict[str, Any]


class Chat:
    """One socket. Frames that were passed over while waiting for another are kept in `seen`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[Frame] = []

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def send_raw(self, frame: str | bytes) -> None:
        await self.socket.send(frame)

    async def receive(self, *, within: float = PATIENCE_SECONDS) -> Frame:
        frame: Frame = json.loads(await asyncio.wait_for(self.socket.recv(), within))
        self.seen.append(frame)
        return frame

    async def receive_until(
        self, wanted: str | Callable[[Frame], bool], *, within: float = PATIENCE_SECONDS
    ) -> Frame:
        """The next frame of this type, or for which `wanted` is true."""
        async with asyncio.timeout(within):
            while True:
                frame = await self.receive(within=within)
                if wanted(frame) if callable(wanted) else frame["type"] == wanted:
                    return frame

    async def came(
        self, wanted: Callable[[Frame], bool], *, within: float = PATIENCE_SECONDS
    ) -> Frame:
        """The first frame for which `wanted` is true, here already or still to come."""
        for frame in self.seen:
            if wanted(frame):
                return frame
        return await self.receive_until(wanted, within=within)

    async def ask(self, agent: str, script: Sequence[Any], **more: Any) -> str:
        """Start a scripted run; returns its id."""
        await self.send(type="execute_agent", agent=agent, input=json.dumps(script), **more)
        accepted = await self.receive_until("run_accepted")
        run_id: str = accepted["data"]["run_id"]
        return run_id

    async def end_of(self, run_id: str, *, within: float = PATIENCE_SECONDS) -> list[Frame]:
        """All events of a run on this socket so far, after its terminal one has arrived."""

        def is_end(frame: Frame) -> bool:
            return frame.get("run_id") == run_id and frame["type"] in TERMINAL_TYPES

        await self.came(is_end, within=within)
        return self.events_of(run_id)

    def events_of(self, run_id: str) -> list[Frame]:
        return [frame for frame in self.seen if frame.get("run_id") == run_id and "seq" in frame]

    async def close_code(self, *, within: float = PATIENCE_SECONDS) -> int:
        """Receive until the server closes the socket; returns its code."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(within):
                while True:
                    await self.receive(within=within)
        assert self.socket.close_code is not None
        return self.socket.close_code

    def errors(self) -> list[str]:
        return [frame["data"]["code"] for frame in self.seen if frame["type"] == "error"]

    async def quiet(self) -> None:
        """Return when everything sent to us before now has arrived."""
        await self.send(type="ping", id="quiet")
        await self.receive_until(lambda frame: frame.get("id") == "quiet")


@asynccontextmanager
async def open_chat(
    url: str, token: str | None = None, *, headers: dict[str, str] | None = None, **options: Any
) -> AsyncIterator[Chat]:
    """A socket that is open; with a token, after `connection_established`."""
    credential = {"Authorization": f"Bearer {token}"} if token else {}
    headers = {**credential, **(headers or {})}
    options.setdefault("max_size", 8 * 1024 * 1024)
    async with connect(url, additional_headers=headers, proxy=None, **options) as socket:
        chat = Chat(socket)
        if token:
            await chat.receive_until("connection_established")
        yield chat


def seqs(events: list[Frame]) -> list[int]:
    return [event["seq"] for event in events]


def types(events: list[Frame]) -> list[str]:
    return [event["type"] for event in events]
