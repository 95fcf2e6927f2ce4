"""`manage.py bench`: how fast a Netra of its own is, on this machine."""

import asyncio
import contextlib
import gc
import json
import resource
import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from accounts.exceptions import NetraError
from netra.bench import fanning, inside, lasting, report, runs, sockets
from netra.bench.analytics import rows as analytics
from netra.bench.figures import Figure, TooLittle
from netra.bench.stage import HISTORY, USERS, Stage
from netra.embedded import NoRedisServer
from netra.trial.process import ProcessFailed
from netra.trial.services import ServiceRefused, own_services
from netra.trial.stack import TRIAL_SETTINGS, CommandFailed, Stack

SETTINGS = {**TRIAL_SETTINGS, "NETRA_EXTENSIONS": "netra.bench.agent"}
WORKERS = 2
SECONDS, QUICK_SECONDS = 10.0, 1.0

Row = Callable[[Stage], Coroutine[Any, Any, list[Figure]]]
ROWS: dict[str, Row] = {
    "idle": runs.started,
    "delivery": runs.delivery,
    "throughput": runs.throughput,
    "fan-out": fanning.fan_out,
    "sockets": sockets.idle,
    "replay": sockets.replay,
    "churn": sockets.churn,
    "unread": sockets.unread,
    "upload": lasting.upload,
    "killed": lasting.killed,
}


class Command(BaseCommand):
    help = (
        "Measure how fast Netra is, and say what is reached: one that is started for it, with two "
        "workers, or with `analytics` the loading of logs and every analysis."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", nargs="?", choices=["analytics"], help="what (a Netra)")
        parser.add_argument(
            "--requests", type=int, help=f"in the logs of analytics ({analytics.ROWS:,})"
        )
        parser.add_argument(
            "--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW",
            help=f"which (all): {', '.join(ROWS)}",
        )  # fmt: skip
        parser.add_argument(
            "--seconds", type=float, default=SECONDS, help="to measure each row (%(default)s)"
        )
        parser.add_argument(
            "--database-url", default="", help="a PostgreSQL server, where it makes a database"
        )
        parser.add_argument(
            "--quick", action="store_true", help="only show that all rows work, on a small scale"
        )
        parser.add_argument("--json", type=Path, help="a file for the figures")

    def handle(self, *args: Any, rows: Sequence[str], **options: Any) -> None:
        self.console = Console(highlight=False)
        self.measured: dict[str, list[Figure]] = {}
        self.failures: dict[str, str] = {}
        if options["subject"]:
            self.measure_analytics(options["requests"], is_quick=options["quick"])
        else:
            self.measure_netra(rows, options)
        if options["json"]:
            database = "PostgreSQL" if options["database_url"] else "SQLite"
            figures = report.as_json(self.measured, self.failures, database=database)
            options["json"].write_text(json.dumps(figures, indent=1))
        if self.failures:
            raise CommandError(f"Not measured: {', '.join(self.failures)}.")

    def measure_analytics(self, requests: int | None, *, is_quick: bool) -> None:
        size = requests or (analytics.QUICK_ROWS if is_quick else analytics.ROWS)
        with tempfile.TemporaryDirectory(prefix="netra-bench-") as home:
            for name, work in analytics.Bench(Path(home), size, is_quick).all():
                self.measure(name, work)
        if without := analytics.unmeasured_formats():
            self.console.print(f"Without a log to measure with: {', '.join(without)}")

    def measure_netra(self, rows: Sequence[str], options: dict[str, Any]) -> None:
        seconds = QUICK_SECONDS if options["quick"] else options["seconds"]
        try:
            with stage_on(options["database_url"], seconds, is_quick=options["quick"]) as stage:
                for name in rows:
                    self.measure(name, partial(run, ROWS[name], stage))
        except (ServiceRefused, NoRedisServer, ProcessFailed, CommandFailed) as error:
            raise CommandError(str(error)) from error

    def measure(self, name: str, work: Callable[[], list[Figure]]) -> None:
        try:
            with self.console.status(f"{name} …"):
                self.measured[name] = work()
        except (TooLittle, OSError, TimeoutError, NetraError) as error:
            self.failures[name] = str(error) or type(error).__name__
            self.console.print(f"[red]{name}: {self.failures[name]}[/]")
        else:
            self.console.print(report.table(name, self.measured[name]))


def run(row: Row, stage: Stage) -> list[Figure]:
    return asyncio.run(row(stage))


@contextlib.contextmanager
def stage_on(server: str, seconds: float, *, is_quick: bool) -> Iterator[Stage]:
    """A Netra that is ready; its data is gone in the end."""
    raise_file_limit()
    gc.freeze()  # what measures shall not pause to go through all that is imported
    home = Path(tempfile.mkdtemp(prefix="netra-bench-"))
    try:
        with own_services(server) as services, Stack(home, SETTINGS, services=services) as stack:
            stack.redis.start()
            prepared = stack.call(inside.prepare, users=USERS, history=HISTORY)
            stack.start(workers=WORKERS, with_redis=False)
            yield Stage(stack, prepared, seconds, is_quick)
    finally:
        shutil.rmtree(home, ignore_errors=True)
        gc.unfreeze()


def raise_file_limit() -> None:
    """Each socket is a file: here, and in the server, which inherits the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
