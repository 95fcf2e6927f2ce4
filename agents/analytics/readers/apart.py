"""
Reads a large file in a process of its own, and a small one here.

Beside a server's sockets, reading a million rows takes the interpreter from them: the slowest
hundredth of answers took 44 ms, the slowest 468 ms, and 50 MB of memory stayed. With a process of
its own it was 7 ms, 143 ms and 6 MB, on the same busy machine.
"""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.analytics.children import ENVIRONMENT, command, end_group
from agents.analytics.profile import Profile
from agents.analytics.readers.read import read_file
from agents.analytics.readers.watching import Progress, Watch
from agents.exceptions import InvalidInput, UnreadableFile

CHILD = "agents.analytics.readers.child"
SMALL_BYTES = 2 * 1024 * 1024  # 0.2 s, as long as a process takes to start
TOO_MUCH = (
    "The file takes too much memory or time to be read. Upload a part of it, or only the columns "
    "that are needed."
)
REFUSALS = {error.code: error for error in (InvalidInput, UnreadableFile)}


def read_log(
    log: Path,
    directory: Path,
    mapping: Mapping[str, Any] | None = None,
    *,
    watch: Watch | None = None,
) -> Profile:
    """As `read_file`, small files in silence; the child ends with the thread that calls this."""
    if log.stat().st_size <= SMALL_BYTES:
        return read_file(log, directory, mapping)
    try:
        return _read_apart(log, directory, mapping, watch)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _read_apart(
    file: Path, directory: Path, mapping: Mapping[str, Any] | None, watch: Watch | None
) -> Profile:
    request = {
        "file": str(file.absolute()),
        "directory": str(directory.absolute()),
        "mapping": mapping,
        "parent": os.getpid(),
    }
    with subprocess.Popen(  # noqa: S603 - our own module
        command(CHILD),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
        start_new_session=True,
        text=True,
    ) as process:
        try:
            return _followed(process, request, watch)
        finally:
            if process.poll() is None:
                end_group(process.pid)


def _followed(
    process: "subprocess.Popen[str]", request: Mapping[str, Any], watch: Watch | None
) -> Profile:
    """What the process comes to, telling `watch` on the way."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):  # it died early; its end tells why
        process.stdin.write(json.dumps(request))
        process.stdin.close()
    for line in process.stdout:
        if not line.endswith("\n"):
            break  # it was ended while it wrote
        match json.loads(line):
            case {"progress": progress}:
                if watch:
                    watch(Progress(**progress))
            case {"profile": profile}:
                return Profile.model_validate(profile)
            case {"refusal": {"code": code, "message": message, "details": details}}:
                raise REFUSALS[code](message, details)
    if process.wait() >= 0:
        raise RuntimeError("The process that reads files has failed; its log tells why.")
    raise UnreadableFile(TOO_MUCH)
