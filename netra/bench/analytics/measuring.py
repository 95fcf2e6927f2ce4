"""What is measured: ours in a process of its own each, so that its peak of memory is its own."""

import asyncio
import inspect
import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import django
import duckdb

from agents.analytics.profile import Profile
from agents.analytics.readers.read import read_file

MIB = 1024 * 1024
REPEATS = 3  # of a query; the median counts
TAKES = {"csv": "read_csv", "jsonl": "read_json", "parquet": "read_parquet"}
BARE = {
    "scan": "SELECT count(*), sum(input_tokens), sum(output_tokens), sum(cost_usd) FROM log",
    "group": "SELECT model, count(*), sum(input_tokens), avg(latency_ms), max(latency_ms) FROM log "
    "GROUP BY model",
    "percentiles": "SELECT model, quantile_cont(latency_ms, [0.5, 0.95, 0.99]) FROM log "
    "GROUP BY model",
}
ARGUMENTS: dict[str, Any] = {
    "question": "Where can I cut cost?",
    "sql": BARE["group"],
}
"""For tools that cannot be called without."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Measured:
    """`said` is what the measured function returned of itself."""

    seconds: float
    cpu_seconds: float  # of this process alone; tells more on a machine that does other work
    peak_mib: float
    said: Any


def apart(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call a function of this module in a new process."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=django.setup) as process:
        return process.submit(function, *args, **kwargs).result()


def here(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call it in this process: its peak of memory is that of all that was done before, too."""
    return function(*args, **kwargs)


def load(file: Path, directory: Path) -> Measured:
    """Read a file into part files; says the profile."""
    begun, used = time.perf_counter(), time.process_time()
    profile = read_file(file, directory)
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - used
    return Measured(seconds, cpu_seconds, _peak(), profile)


def copy(file: Path, target: Path, format_: str) -> float:
    """Seconds that DuckDB takes to write it as Parquet, guessing columns and checking nothing."""
    with duckdb.connect(config={"threads": 2}) as connection:
        begun = time.perf_counter()
        rows = getattr(connection, TAKES[format_])(str(file))
        rows.write_parquet(str(target), compression="zstd")
        return time.perf_counter() - begun


def bare(directory: Path, sql: str) -> float:
    """Seconds of a plain query over part files."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"CREATE VIEW log AS FROM read_parquet('{directory}/*.parquet')")
        seconds = [_timed(lambda: connection.execute(sql).fetchall()) for _ in range(REPEATS)]
    return statistics.median(seconds)


def analyse(tool: str, directory: Path, profile: Profile) -> Measured:
    """Call a tool on the data set as the engine does; says the size of its result in bytes."""
    # They would weigh on the memory of the other measurements.
    from pydantic_ai import RunContext, RunUsage  # noqa: PLC0415
    from pydantic_ai.models.test import TestModel  # noqa: PLC0415

    from agents.engine.plain import plain  # noqa: PLC0415
    from agents.tools.base import ToolContext  # noqa: PLC0415
    from agents.tools.catalogue import installed_tools  # noqa: PLC0415
    from agents.tools.handles import DatasetHandle  # noqa: PLC0415

    handle = DatasetHandle(
        id="bench",
        name="bench",
        directory=directory,
        rows=profile.rows,
        profile=profile,
        is_shared=False,
        created_at=datetime.now(UTC),
    )
    deps = ToolContext(datasets=(handle,), chosen=handle.id)
    call = RunContext(deps=deps, model=TestModel(), usage=RunUsage())
    function = installed_tools()[tool].function
    arguments = {name: ARGUMENTS[name] for name in required_by(function)}
    results: list[Any] = []

    def once() -> None:
        result = function(call, **arguments)
        results.append(asyncio.run(result) if inspect.iscoroutine(result) else result)

    used = time.process_time()
    seconds = [_timed(once) for _ in range(REPEATS)]
    cpu_seconds = (time.process_time() - used) / REPEATS
    size = len(json.dumps(plain(results[-1])))
    return Measured(statistics.median(seconds), cpu_seconds, _peak(), size)


def required_by(function: Callable[..., Any]) -> list[str]:
    """The arguments, beside the call itself, without which a tool cannot be called."""
    _, *parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.default is inspect.Parameter.empty]


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _peak() -> float:
    """Of this process or of the largest that it started, in MiB."""
    unit = 1024 if sys.platform == "linux" else 1  # of ru_maxrss, in bytes
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / MIB
    return round(max(_own_peak(unit), of_children), 1)


def _own_peak(unit: int) -> float:
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss counts what the parent had when it started us
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB
