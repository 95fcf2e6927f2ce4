"""A Netra whose network can be hurt: what it stands on, each behind a proxy of its own."""

import json
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from netra.trial import stack as trial
from tests.postgresql import PostgreSQL
from tests.prepared import DATABASE, PREPARE
from tests.proxy import Proxy
from tests.stack import Stack, free_port

SLOW_SECONDS = 0.25  # each way

Outage = AbstractContextManager[None]


@dataclass
class WeakStack:
    """`layer` and `broker` lead to one Redis server; without `server` the database is a file."""

    stack: Stack
    layer: Proxy
    broker: Proxy
    server: PostgreSQL | None
    database: Proxy | None

    @contextmanager
    def without(self, outage: str) -> Iterator[None]:
        """An outage, named by who has it and what it is: `broker slow`."""
        who, what = outage.split()
        with self._outages(who)[what]():
            yield

    def _outages(self, who: str) -> dict[str, Callable[[], Outage]]:
        if who == "redis":
            return {"frozen": lambda: stands_still(self.stack.redis.pid)}
        if who == "file":
            return {"locked": lambda: file_is_locked(self.stack.home / DATABASE)}
        if who == "server":
            server = self.server
            assert server is not None
            return {"frozen": lambda: stands_still(server.pid)}
        proxy = {"layer": self.layer, "broker": self.broker, "database": self.database}[who]
        assert proxy is not None
        return {
            "slow": lambda: between(lambda: proxy.slow_down(SLOW_SECONDS), proxy.speed_up),
            "frozen": lambda: between(proxy.freeze, proxy.thaw),
            "gone": lambda: between(proxy.go_away, proxy.listen),
        }

    def start(self) -> None:
        if self.server is not None:
            self.server.start()
        for proxy in (self.layer, self.broker, self.database):
            if proxy is not None:
                if proxy is self.database:
                    assert self.server is not None
                    proxy.target = self.server.port
                proxy.start()
        self.stack.redis.start()
        self.stack.tokens = json.loads(self.stack.run(PREPARE).splitlines()[-1])
        trial.Stack.start(self.stack)

    def stop(self) -> None:
        self.stack.stop()
        for part in (self.layer, self.broker, self.database, self.server):
            if part is not None:
                part.stop()


def weak_stack(home: Path, *, on_server: bool = False) -> WeakStack:
    """Not started yet."""
    port = free_port()
    layer, broker = Proxy(port), Proxy(port)
    extra = {
        "NETRA_REDIS_URL": f"redis://127.0.0.1:{layer.port}/0",
        "NETRA_BROKER_URL": f"redis://127.0.0.1:{broker.port}/0",
        "NETRA_DATABASE_URL": f"sqlite:///{home / DATABASE}",
    }
    server = database = None
    if on_server:
        (home / "server").mkdir()
        server, database = PostgreSQL(home / "server"), Proxy(0)
        extra["NETRA_DATABASE_URL"] = f"postgresql://netra@127.0.0.1:{database.port}/postgres"
    stack = Stack(home, extra=extra, redis_port=port)
    return WeakStack(stack, layer, broker, server, database)


@contextmanager
def between(begin: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    begin()
    try:
        yield
    finally:
        end()


def stands_still(pid: int) -> Outage:
    """A process and its children stand still; the kernel goes on taking what is sent to them."""
    root = psutil.Process(pid)
    processes = [root, *root.children(recursive=True)]

    def tell(number: signal.Signals) -> None:
        for process in processes:
            process.send_signal(number)

    return between(lambda: tell(signal.SIGSTOP), lambda: tell(signal.SIGCONT))


@contextmanager
def file_is_locked(file: Path) -> Iterator[None]:
    connection = sqlite3.connect(file, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.close()
