"""The same work without Netra's promises: stock daphnes with the application of `baseline`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from netra.bench.stage import Stage
from netra.local import free_port
from netra.trial.process import Process, listens


@contextmanager
def baselines(stage: Stage, number: int) -> Iterator[list[Process]]:
    """So many of them, ready."""
    processes = [_baseline(stage, name) for name in range(1, number + 1)]
    try:
        for process in processes:
            process.launch()
        for process in processes:
            process.wait_until_ready()
        yield processes
    finally:
        for process in processes:
            process.stop()


def _baseline(stage: Stage, number: int) -> Process:
    port = free_port()
    return stage.stack.process(
        f"baseline-{number}",
        [
            *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)),
            *("--verbosity", "0", "netra.bench.baseline:application"),
        ],
        partial(listens, port),
        port,
        {"DJANGO_SETTINGS_MODULE": "netra.settings"},
    )
