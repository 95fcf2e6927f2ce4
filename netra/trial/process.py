"""A process that is known by its id, can be hurt in every way, and never outlives us."""

import functools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from netra.supervisor import end_with_parent

PATIENCE_SECONDS = 120  # a busy machine may take long to start one
GRACE_SECONDS = 20
TOLD_CHARACTERS = 3000  # of a log, when something went wrong


class ProcessFailed(Exception):
    """It ended, or did not get ready; the message has the end of its log."""


def until(condition: Callable[[], bool], what: str, *, within: float = PATIENCE_SECONDS) -> None:
    """Wait for what cannot be awaited otherwise; raises TimeoutError saying `what`."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether somebody accepts connections at this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@functools.cache
def _spawner() -> ThreadPoolExecutor:
    # To Linux the parent that a child dies with is a thread: this one lives as long as we do.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="netra-spawner")


@dataclass
class Process:
    """One child with its log. Times are of `time.monotonic`."""

    arguments: list[str]
    log: Path
    environment: Mapping[str, str]
    is_ready: Callable[[], bool]
    port: int = 0  # where it listens, if it does
    child: "subprocess.Popen[bytes] | None" = None
    hurt_at: float = 0.0  # when it was last killed or asked to end
    was_asked_to_end: bool = False  # rather than killed
    is_up: bool = False  # ready, and neither killed nor asked to end since
    is_frozen: bool = False
    _log_begins: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        return self.log.stem

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def lives(self) -> bool:
        return self.child is not None and self.child.poll() is None

    @property
    def output(self) -> str:
        """What it has said since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins)
            return log.read().decode(errors="replace")

    def start(self) -> None:
        """Return when it is ready; raises ProcessFailed."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start it without waiting."""
        self._log_begins = self.log.stat().st_size if self.log.exists() else 0
        self.is_frozen = False
        self.child = _spawner().submit(self._spawn).result()

    def wait_until_ready(self) -> None:
        """Raises ProcessFailed if it ends instead, or takes too long."""
        try:
            until(lambda: not self.lives or self.is_ready(), self.name)
        except TimeoutError as error:
            raise ProcessFailed(self._told("was not ready in time")) from error
        if not self.lives:
            raise ProcessFailed(self._told("ended before it was ready"))
        self.is_up = True

    def send(self, number: signal.Signals) -> None:
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.hurt_at = time.monotonic()
            self.was_asked_to_end = number == signal.SIGTERM
            self.is_up = False
        self._running.send_signal(number)

    def kill(self) -> None:
        """End it at once and return when it is gone."""
        self.send(signal.SIGKILL)
        self.wait()

    def terminate(self) -> None:
        """Ask it to end, without waiting."""
        self.send(signal.SIGTERM)

    def freeze(self) -> None:
        self.is_frozen = True
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)
        self.is_frozen = False

    def stop(self) -> None:
        """End it, whatever state it is in; one that does not obey is killed."""
        if not self.lives:
            return
        self.thaw()
        self.terminate()
        try:
            self.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Its exit code; raises subprocess.TimeoutExpired."""
        return self._running.wait(timeout=seconds)

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self.child is not None, f"{self.name} was not started"
        return self.child

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603 - our own programs
                self.arguments,
                cwd=settings.BASE_DIR,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for us; we end the children
                # SIGKILL, for one that is frozen hears nothing else.
                preexec_fn=functools.partial(end_with_parent, os.getpid(), signal.SIGKILL),
            )

    def _told(self, what: str) -> str:
        return f"{self.name} {what}. The end of {self.log}:\n{self.output[-TOLD_CHARACTERS:]}"


def stop_all(processes: list[Process]) -> None:
    """End them side by side, the last given ones not later than the first."""
    with ThreadPoolExecutor(max(len(processes), 1)) as threads:
        list(threads.map(Process.stop, processes))
