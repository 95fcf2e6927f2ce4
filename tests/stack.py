"""The real thing for tests: Valkey, workers and daphne, each a process that can be hurt."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from netra.embedded import command, redis_server

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
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                self.arguments, cwd=ROOT, env=dict(self.environment), stdout=out, stderr=out
            )
        until(self._settled, f"{self.arguments[1:4]} is not ready; see {self.log}")
        if self.child.poll() is not None:
            raise RuntimeError(f"{self.arguments[1:4]} ended: {self.log.read_text()[-2000:]}")

    def _settled(self) -> bool:
        assert self.child is not None
        return self.child.poll() is not None or self.is_ready()

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


@dataclass
class Stack:
    """A Netra of its own in a directory of its own."""

    home: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    redis_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    workers: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NETRA_")},
            "NETRA_DATA_DIR": str(self.home),
            "NETRA_REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "NETRA_EXTENSIONS": "tests.extension",
            "PYTHONUNBUFFERED": "1",
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

    def start(self, *, workers: int = 1) -> None:
        self.redis.start()
        self.manage("migrate", "--verbosity=0")
        self.manage("install_agents")
        self.manage("shell", "-c", "from tests.extension.agents import install; install()")
        self.web.start()
        for _ in range(workers):
            self.add_worker()

    def add_worker(self) -> Process:
        number = len(self.workers) + 1
        name = f"worker-{number}"
        log = self.home / f"{name}.log"
        worker = self._process(
            name,
            [
                *(sys.executable, "-m", "celery", "-A", "netra", "worker"),
                *("-n", f"{name}@%h", "--without-mingle", "--without-gossip"),
            ],
            lambda: "Worker ready" in log.read_text(),
        )
        worker.start()
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        for process in [self.web, *self.workers, self.redis]:
            process.stop()

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
        return self.manage("token", user, "--create")

    def _process(self, name: str, arguments: list[str], is_ready: Callable[[], bool]) -> Process:
        return Process(arguments, self.home / f"{name}.log", self.environment, is_ready)
