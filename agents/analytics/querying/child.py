"""The process that runs one query: the request on its input, the answer on its output, as JSON."""

import json
import sys
from typing import Any

from agents.analytics.children import MIB, Limits, confine, end_with_parent
from agents.analytics.querying.checking import Refused
from agents.analytics.querying.files import source_from
from agents.analytics.querying.running import as_json, run


def main() -> None:
    request = json.load(sys.stdin)
    end_with_parent(request["parent"])
    confine(limits(request["seconds"]))
    json.dump(answer_to(request), sys.stdout)


def limits(seconds: int) -> Limits:
    """For a query that may take so long: on two cores, with a moment to start and to answer."""
    return Limits(
        memory_bytes=1536 * MIB,  # half of it is what DuckDB's libraries and threads reserve
        cpu_seconds=2 * seconds + 2,
        wall_seconds=seconds + 2,
        open_files=256,
        file_bytes=0,
    )


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """The answer, or why there is none as `problem`."""
    tables = {name: source_from(files) for name, files in request["tables"].items()}
    try:
        return as_json(run(request["sql"], tables, seconds=request["seconds"]))
    except Refused as error:
        return {"problem": str(error)}


if __name__ == "__main__":
    main()
