"""The real thing for tests: Valkey, workers and daphne, each a process that can be hurt."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from netra.embedded import command, redis_server
from tests.prepared import Tokens, database_url, prepare, server

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for processes, which cannot be awaited otherwise."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


@dataclass
class Process:
    """One child, with its log."""

    arguments: list[str]
    log: Path
    environment: Mapping[str, str]
    is_ready: Callable[[], bool]
    child: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                self.arguments, cwd=ROOT, env=dict(self.environment), stdout=out, stderr=out
            )

    def wait_until_ready(self) -> None:
        assert self.child is not None
        until(self._settled, f"{self.arguments[1:4]} is not ready; see {self.log}")
        if self.child.poll() is not None:
            raise RuntimeError(f"{self.arguments[1:4]} ended: {self.log.read_text()[-2000:]}")

    def _settled(self) -> bool:
        assert self.child is not None
        return self.child.poll() is not None or self.is_ready()

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    def send(self, number: signal.Signals) -> None:
        assert self.child is not None
        self.child.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.terminate()
            try:
                self.child.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()

    def wait(self) -> int:
        assert self.child is not None
        return self.child.wait(timeout=PATIENCE_SECONDS)


@dataclass(frozen=True)
class Gate:
    """Where a scripted tool or model waits until the test lets it go on."""

    file: Path

    def open(self) -> None:
        self.file.touch()

    def wait(self, tool: str = "wait_at") -> list[Any]:
        """The call of a tool that waits here."""
        return [tool, {"gate": self.file.name}]

    @property
    def pause(self) -> dict[str, str]:
        """Among the pieces that a model says: it waits here."""
        return {"gate": self.file.name}


@dataclass
class Stack:
    """A Netra of its own in a directory of its own."""

    home: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    redis_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    workers: list[Process] = field(default_factory=list)
    tokens: Tokens = field(default_factory=dict)
    database: str = field(default_factory=lambda: f"stack_{uuid.uuid4().hex}")

    def __post_init__(self) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NETRA_")},
            "NETRA_DATA_DIR": str(self.home),
            "NETRA_REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "NETRA_EXTENSIONS": "tests.extension",
            "NETRA_LOG_INS_PER_MINUTE": "10000",  # all browsers of a test run have one address
            "PYTHONUNBUFFERED": "1",
            **({"NETRA_DATABASE_URL": database_url(self.database)} if server() else {}),
            **self.extra,
        }
        self.redis = self._process(
            "redis",
            command(redis_server(), port=self.redis_port, directory=self.home),
            lambda: listens(self.redis_port),
        )
        self.web = self._process(
            "web",
            [sys.executable, "manage.py", "serve", "--port", str(self.web_port)],
            lambda: listens(self.web_port),
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.web_port}/ws"

    def start(self, *, workers: int = 1, with_redis: bool = True) -> None:
        if with_redis:
            self.redis.start()
        self.tokens = dict(prepare(self.home, self.database, self._variant, self.run))
        self.workers = [self._worker(number) for number in range(1, workers + 1)]
        for process in [self.web, *self.workers]:
            process.launch()
        for process in [self.web, *self.workers]:
            process.wait_until_ready()

    @property
    def _variant(self) -> str:
        """Equal for stacks that may begin as copies of one: all settings but the places."""
        places = ("NETRA_DATA_DIR", "NETRA_REDIS_URL", "NETRA_DATABASE_URL")
        return str(
            sorted(
                (name, value)
                for name, value in self.environment.items()
                if name.startswith("NETRA_") and name not in places
            )
        )

    def add_worker(self) -> Process:
        worker = self._worker(len(self.workers) + 1)
        self.workers.append(worker)
        worker.start()
        return worker

    def _worker(self, number: int) -> Process:
        name = f"worker-{number}"
        log = self.home / f"{name}.log"
        return self._process(
            name,
            [
                *(sys.executable, "-m", "celery", "-A", "netra", "worker"),
                *("-n", f"{name}@%h", "--without-mingle", "--without-gossip"),
            ],
            lambda: "Worker ready" in log.read_text(),
        )

    def worker_of(self, run_id: str) -> Process:
        """The worker that holds a run."""
        code = (
            "from agents.models import Run, Worker; "
            f"print(Worker.objects.get(pk=Run.objects.get(pk='{run_id}').owner).pid)"
        )
        pid = int(self.run(code))
        return next(worker for worker in self.workers if worker.pid == pid)

    def stop(self) -> None:
        for process in [self.web, *self.workers, self.redis]:
            process.stop()

    def gate(self) -> Gate:
        """A new one, closed."""
        return Gate(self.home / f"gate-{uuid.uuid4().hex}")

    def run(self, code: str) -> str:
        """What `code` prints; it has the stack's settings and database."""
        return self.manage("shell", "-v0", "-c", code)

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def token(self, user: str) -> str:
        if user not in self.tokens:
            self.tokens[user] = self.manage("token", user, "--create")
        return self.tokens[user]

    def get(self, path: str, user: str) -> Any:
        """The body of a REST answer, which must be a success."""
        return self.request("GET", path, user).raise_for_status().json()

    def request(self, method: str, path: str, user: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        return httpx.request(
            method, f"{self.url}{path}", headers=headers, trust_env=False, timeout=30, **options
        )

    async def exchange(self, head: bytes) -> bytes:
        """Send raw bytes to the web server; returns the beginning of its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.web_port)
        try:
            writer.write(head)
            await writer.drain()
            return await asyncio.wait_for(reader.read(1024), PATIENCE_SECONDS)
        finally:
            writer.close()

    def _process(self, name: str, arguments: list[str], is_ready: Callable[[], bool]) -> Process:
        return Process(arguments, self.home / f"{name}.log", self.environment, is_ready)
