"""The instance that `up` runs in a data directory: one at a time, found by other commands."""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instance:
    """What other commands need to know of a running `up`."""

    pid: int
    url: str
    redis_url: str


class AlreadyRunning(Exception):
    def __init__(self, instance: Instance | None) -> None:
        super().__init__(instance)
        self.instance = instance


def _file(directory: Path) -> Path:
    return directory / "instance.json"


@contextlib.contextmanager
def claim(directory: Path) -> Iterator[None]:
    """
    Hold a data directory; raises AlreadyRunning if another process does.

    The lock is the kernel's, so it is gone with its process, however that ended.
    """
    with (directory / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(announced(directory)) from error
        try:
            yield
        finally:
            _file(directory).unlink(missing_ok=True)


def announce(directory: Path, instance: Instance) -> None:
    _file(directory).write_text(json.dumps(asdict(instance)))


def announced(directory: Path) -> Instance | None:
    """What the last holder said of itself; it may have been killed since."""
    try:
        return Instance(**json.loads(_file(directory).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def running(directory: Path) -> Instance | None:
    """The instance that runs in this directory, if there is one."""
    try:
        with (directory / "up.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return announced(directory)
    return None
