"""The real thing for tests: Valkey, workers and daphne, each a process that can be hurt."""

import asyncio
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from netra.local import free_port as free_port
from netra.trial import stack as trial
from netra.trial.process import Process as Process
from netra.trial.process import listens as listens
from netra.trial.process import stop_all as stop_all
from netra.trial.process import until as until
from tests.prepared import Tokens, database_url, prepare, server, value_in

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 30
# For httpx: to load the certificates that it would trust takes longer than an answer.
WITHOUT_TLS: dict[str, Any] = {"trust_env": False, "verify": False}


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
class Stack(trial.Stack):
    """A Netra of its own in a directory of its own, with the tests' agents and people."""

    tokens: Tokens = field(default_factory=dict)
    database: str = field(default_factory=lambda: f"stack_{uuid.uuid4().hex}")

    def __post_init__(self) -> None:
        self.extra = {
            "NETRA_EXTENSIONS": "tests.extension",
            "NETRA_LOG_INS_PER_MINUTE": "10000",  # all browsers of a test run have one address
            # Those that a stack is prepared with shall last for the longest test run.
            "NETRA_ACCESS_TOKEN_SECONDS": "7200",
            **({"NETRA_DATABASE_URL": database_url(self.database)} if server() else {}),
            **self.extra,
        }
        super().__post_init__()

    @property
    def web(self) -> Process:
        return self.webs[0]

    @property
    def web_port(self) -> int:
        return self.web.port

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.web_port}/ws"

    def start(self, *, webs: int = 1, workers: int = 1, with_redis: bool = True) -> None:
        self.tokens = dict(prepare(self.home, self.database, self._variant, self.run))
        super().start(webs=webs, workers=workers, with_redis=with_redis)

    def mend(self) -> None:
        """Start again what was ended since `start`, and forget what was paid."""
        if not self.redis.lives:
            self.redis.start()
        ended = [process for process in (*self.webs, *self.workers) if not process.lives]
        for process in ended:
            process.launch()
        for process in ended:
            process.wait_until_ready()
        (self.home / "ledger").unlink(missing_ok=True)

    @property
    def _variant(self) -> str:
        """Equal for stacks that may begin as copies of one: what decides about their tokens."""
        decisive = ("NETRA_SECRET_KEY", "NETRA_SIGNING_KEY", "NETRA_ACCESS_TOKEN_SECONDS")
        return str([self.environment.get(name) for name in decisive])

    def worker_of(self, run_id: str) -> Process:
        """The worker that holds a run."""
        pid = value_in(
            self.home,
            self.database,
            "SELECT pid FROM agents_worker WHERE id = (SELECT owner FROM agents_run WHERE id = {})",
            UUID(run_id).hex,
        )
        return next(worker for worker in self.workers if worker.pid == pid)

    def gate(self) -> Gate:
        """A new one, closed."""
        return Gate(self.home / f"gate-{uuid.uuid4().hex}")

    def token(self, user: str) -> str:
        if user not in self.tokens:
            self.tokens[user] = self.manage("token", user, "--create")
        return self.tokens[user]

    def get(self, path: str, user: str) -> Any:
        """The body of a REST answer, which must be a success."""
        return self.request("GET", path, user).raise_for_status().json()

    def request(self, method: str, path: str, user: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        options = {**WITHOUT_TLS, "timeout": 30, **options}
        return httpx.request(method, f"{self.url}{path}", headers=headers, **options)

    async def exchange(self, head: bytes) -> bytes:
        """Send raw bytes to the web server; returns the beginning of its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.web_port)
        try:
            writer.write(head)
            await writer.drain()
            return await asyncio.wait_for(reader.read(1024), PATIENCE_SECONDS)
        finally:
            writer.close()
