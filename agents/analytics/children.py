"""Child processes for work that must not run among others: how they start, and what binds them."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # where the packages are
# All that a child inherits: no secrets, no settings, no proxies.
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
PR_SET_PDEATHSIG = 1  # of Linux's prctl
MIB = 1024 * 1024


def command(module: str, *arguments: str) -> list[str]:
    """Runs `module` without the working directory among what can be imported."""
    return [sys.executable, "-P", "-s", "-B", "-m", module, *arguments]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the kernel lets a child have; None where nothing is set."""

    memory_bytes: int  # of address space, which is more than is ever used
    cpu_seconds: int
    wall_seconds: int
    open_files: int
    file_bytes: int | None = None  # of a file that it writes


def confine(limits: Limits) -> None:
    """
    Bind this process, for good. Beyond a limit it fails to allocate, or the kernel ends it.

    So it ends even if whoever started it is gone and cannot see to it.
    """
    _limit(resource.RLIMIT_AS, limits.memory_bytes)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_CORE, 0)
    if limits.file_bytes is not None:
        _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limits.wall_seconds)


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(what, (most, most))


def end_with_parent(parent: int) -> None:
    """
    From now on the kernel ends this process with the thread that started it; now if it is gone.

    Elsewhere than on Linux the wall clock of `confine` does.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(os.EX_TEMPFAIL)


def end_group(pid: int) -> None:
    """Kill a child that leads a session of its own, with all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
