"""A TCP proxy that can slow down, swallow everything, or go away: a network for tests to hurt."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from tests.stack import free_port

CHUNK_BYTES = 64 * 1024
THREAD_SECONDS = 10


class Proxy:
    """
    Forwards connections to a port of this machine, from a thread with an event loop of its own.

    What it swallows it reads and drops, both ways, so that neither end sees anything but silence.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self._delay = 0.0
        self._flows = threading.Event()
        self._flows.set()
        self._swallows = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self.listen()

    def stop(self) -> None:
        if self._thread.is_alive():  # what begins before it may have failed
            self.go_away()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(THREAD_SECONDS)
        self._loop.close()

    def slow_down(self, seconds: float) -> None:
        """Everything that is sent arrives so much later, in each direction."""
        self._delay = seconds

    def speed_up(self) -> None:
        self._delay = 0.0

    def freeze(self) -> None:
        """Connections stay open and can be made; nothing is forwarded until `thaw`."""
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def swallow(self) -> None:
        """From now on nothing that is sent arrives, nor that a connection has ended."""
        self._swallows = True

    def go_away(self) -> None:
        """End all connections and refuse new ones, until `listen`."""
        self._call(self._close())

    def listen(self) -> None:
        self._call(self._open())

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(THREAD_SECONDS)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)  # for the tasks behind them to end

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        await self._until_it_flows()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(back)
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                if self._swallows:
                    continue
                await asyncio.sleep(self._delay)
                await self._until_it_flows()
                writer.write(chunk)
                await writer.drain()
        if self._swallows:
            return
        self._writers.discard(writer)
        writer.close()

    async def _until_it_flows(self) -> None:
        while not self._flows.is_set():  # noqa: ASYNC110  a test's thread sets it
            await asyncio.sleep(0.02)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    proxy = Proxy(port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
