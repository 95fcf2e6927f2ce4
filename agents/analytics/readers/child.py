"""The process that reads one large file: the request on its input, on its output what happens."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from accounts.exceptions import InvalidInput
from agents.analytics.children import MIB, Limits, confine, end_with_parent
from agents.analytics.readers.read import read_file
from agents.analytics.readers.watching import Progress

LIMITS = Limits(
    memory_bytes=2560 * MIB,  # a third of it is what libraries and threads reserve
    cpu_seconds=1800,
    wall_seconds=1200,  # no upload waits longer
    open_files=256,
)


def main() -> None:
    """Say each progress, then the profile or why there is none, a line of JSON each."""
    request = json.load(sys.stdin)
    end_with_parent(request["parent"])
    confine(LIMITS)
    try:
        profile = read_file(
            Path(request["file"]), Path(request["directory"]), request["mapping"], watch=_progressed
        )
    except InvalidInput as error:
        _say(refusal={"code": error.code, "message": error.message, "details": error.details})
    else:
        _say(profile=profile.model_dump(mode="json"))


def _progressed(progress: Progress) -> None:
    _say(progress=asdict(progress))


def _say(**what: Any) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
