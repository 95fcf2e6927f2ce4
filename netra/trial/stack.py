"""A Netra in a directory of its own: Valkey, servers and workers, each a process by itself."""

import json
import subprocess
import sys
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from django.conf import settings

from netra import embedded
from netra.local import free_port
from netra.trial.process import Process, listens, stop_all
from netra.trial.services import Services

TRIAL_SETTINGS = {
    "NETRA_EXTENSIONS": "netra.trial.extension",
    "NETRA_ACCESS_TOKEN_SECONDS": "86400",  # no trial shall have to renew its log-ins
}


class CommandFailed(Exception):
    """What a program in the stack's settings said when it failed."""


@dataclass
class Stack:
    """
    Use it as a context manager: whatever happens inside, its processes are gone in the end.

    `extra` are settings for all its processes.
    """

    home: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    services: Services = field(default_factory=Services)
    redis_port: int = field(default_factory=free_port)
    webs: list[Process] = field(default_factory=list, init=False)
    workers: list[Process] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.environment = {
            **self.services.environment,
            "NETRA_DATA_DIR": str(self.home),
            "PYTHONUNBUFFERED": "1",
            **({"NETRA_REDIS_URL": url} if self.services.owns_redis else {}),
            **self.extra,
        }
        command = self._redis_command() if self.services.owns_redis else []
        self.redis = self.process(
            "redis", command, lambda: listens(self.redis_port), port=self.redis_port
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def processes(self) -> list[Process]:
        return [*self.webs, *self.workers, self.redis]

    def start(self, *, webs: int = 1, workers: int = 1, with_redis: bool = True) -> None:
        """Return when all are ready; the database is prepared. Raises ProcessFailed."""
        if with_redis and self.services.owns_redis and not self.redis.lives:
            self.redis.start()
        self.webs += [self._web(len(self.webs) + number) for number in range(1, webs + 1)]
        self.workers += [
            self._worker(len(self.workers) + number) for number in range(1, workers + 1)
        ]
        for process in [*self.webs, *self.workers]:
            process.launch()
        for process in [*self.webs, *self.workers]:
            process.wait_until_ready()

    def add_web(self) -> Process:
        """One more, which is ready."""
        web = self._web(len(self.webs) + 1)
        self.webs.append(web)
        web.start()
        return web

    def add_worker(self) -> Process:
        """One more, which is ready."""
        worker = self._worker(len(self.workers) + 1)
        self.workers.append(worker)
        worker.start()
        return worker

    def stop(self) -> None:
        """End what is still running, whatever state it is in."""
        stop_all([*self.webs, *self.workers])
        self.redis.stop()

    @property
    def urls(self) -> list[str]:
        """Where its servers listen."""
        return [f"http://127.0.0.1:{web.port}" for web in self.webs]

    @property
    def url(self) -> str:
        """Of its first server."""
        return self.urls[0]

    # --- programs in the stack's settings --------------------------------------------------------

    def manage(self, *arguments: str) -> str:
        """What a management command prints; raises CommandFailed."""
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise CommandFailed(f"manage.py {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def run(self, code: str) -> str:
        """What Python code prints that is run in the stack's settings."""
        return self.manage("shell", "-v0", "-c", code)

    def call(self, function: Callable[..., Any], **arguments: Any) -> Any:
        """
        What `function`, one of a module's own, returns when it is called in the stack's settings.

        Arguments and result travel as JSON.
        """
        code = (
            f"import json; from {function.__module__} import {function.__name__} as f; "
            f"print(json.dumps(f(**json.loads({json.dumps(arguments)!r}))))"
        )
        return json.loads(self.run(code).splitlines()[-1])

    def process(
        self,
        name: str,
        arguments: list[str],
        is_ready: Callable[[], bool],
        port: int = 0,
        more_settings: Mapping[str, str] = MappingProxyType({}),
    ) -> Process:
        """One more of this stack, not started."""
        environment = ChainMap({**more_settings}, self.environment)  # which tests add to
        return Process(arguments, self.home / f"{name}.log", environment, is_ready, port)

    def _redis_command(self) -> list[str]:
        server = embedded.redis_server()
        return embedded.command(server, port=self.redis_port, directory=self.home)

    def _web(self, number: int) -> Process:
        port = free_port()
        return self.process(
            f"web-{number}",
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            lambda: listens(port),
            port,
        )

    def _worker(self, number: int) -> Process:
        name = f"worker-{number}"
        arguments = [
            *(sys.executable, "-m", "celery", "-A", "netra", "worker"),
            *("-n", f"{name}@%h", "--without-mingle", "--without-gossip"),
        ]
        worker = self.process(name, arguments, lambda: "Worker ready" in worker.output)
        return worker
