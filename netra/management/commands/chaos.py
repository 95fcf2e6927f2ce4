"""`manage.py chaos`: hurts a Netra of its own, and says what its clients lost by it."""

import asyncio
import json
import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.markup import escape

from netra.chaos.faults import FAULTS, Fault, is_possible
from netra.chaos.report import tables
from netra.chaos.trial import Plan, Trial
from netra.chaos.verdict import Verdict, are_clean
from netra.embedded import NoRedisServer
from netra.trial import inside
from netra.trial.process import ProcessFailed
from netra.trial.services import ServiceRefused, Services, configured_services, own_services
from netra.trial.stack import TRIAL_SETTINGS, CommandFailed, Stack

PROCESSES = 2  # servers, and workers: while one is hurt, the other goes on
TOLD_DETAILS = 20  # of a fault that did damage


class Command(BaseCommand):
    help = (
        "Start a Netra, kill, freeze and restart its parts while clients ask it for runs, and "
        "count what they lose. Fails unless that is nothing."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="of the schedule (%(default)s)")
        parser.add_argument("--runs", type=int, default=200, help="per fault (%(default)s)")
        parser.add_argument("--clients", type=int, default=20, help="at once (%(default)s)")
        parser.add_argument(
            "--faults", nargs="+", choices=FAULTS, default=list(FAULTS), metavar="FAULT",
            help=f"which (all): {', '.join(FAULTS)}",
        )  # fmt: skip
        where = parser.add_mutually_exclusive_group()
        where.add_argument(
            "--database-url", default="", help="a PostgreSQL server, where it makes a database"
        )
        where.add_argument(
            "--configured", action="store_true",
            help="use the services of the settings; a Redis that is given is not hurt",
        )  # fmt: skip
        parser.add_argument("--json", type=Path, help="a file for the figures")

    def handle(self, *args: Any, faults: Sequence[str], **options: Any) -> None:
        self.console = Console(highlight=False)
        plan = Plan(options["seed"], options["runs"], options["clients"])
        verdicts: list[Verdict] = []
        try:
            for name in faults:
                with services(options) as given:
                    verdicts += self.endure(FAULTS[name], plan, given)
        except (ServiceRefused, NoRedisServer, ProcessFailed, CommandFailed) as error:
            raise CommandError(str(error)) from error
        self.console.print(*tables(verdicts))
        if options["json"]:
            figures = [verdict.as_json() for verdict in verdicts]
            options["json"].write_text(json.dumps({"seed": plan.seed, "faults": figures}, indent=1))
        if not are_clean(verdicts):
            raise CommandError("Something was lost.")

    def endure(self, fault: Fault, plan: Plan, given: Services) -> list[Verdict]:
        """The verdict on one fault, on a fresh stack; none if it is not possible here."""
        home = Path(tempfile.mkdtemp(prefix=f"netra-chaos-{fault.name}-"))
        is_clean = False
        try:
            with Stack(home, extra=TRIAL_SETTINGS, services=given) as stack:
                if not is_possible(fault, stack):
                    self.console.print(f"{fault.title}: skipped, for it is not this trial's own.")
                    is_clean = True
                    return []
                verdict = self.run_on(stack, fault, plan)
                is_clean = verdict.is_clean
                self.tell(verdict)
                return [verdict]
        finally:
            if is_clean:
                shutil.rmtree(home, ignore_errors=True)
            else:
                self.console.print(f"[red]{fault.title}: logs and data are in {home}[/]")

    def run_on(self, stack: Stack, fault: Fault, plan: Plan) -> Verdict:
        with self.console.status(f"{fault.title}: starting …") as status:

            def progress(ended: int, faults: int) -> None:
                status.update(f"{fault.title}: {ended}/{plan.runs} runs, {faults} faults")

            with people(stack, plan.clients) as tokens:
                stack.start(webs=PROCESSES, workers=PROCESSES)
                return asyncio.run(Trial(stack, tokens, fault, plan, progress).run())

    def tell(self, verdict: Verdict) -> None:
        mark = "[green]✓[/]" if verdict.is_clean else "[red]✗[/]"
        title = FAULTS[verdict.fault].title
        self.console.print(f"{mark} {title}: {verdict.ended} of {verdict.runs} runs ended")
        for detail in verdict.details[:TOLD_DETAILS]:
            self.console.print(f"    {escape(detail)}")
        if (more := len(verdict.details) - TOLD_DETAILS) > 0:
            self.console.print(f"    and {more} more")


@contextmanager
def services(options: dict[str, Any]) -> Iterator[Services]:
    """The trial's own services, or the configured ones."""
    if options["configured"]:
        yield configured_services()
        return
    with own_services(options["database_url"]) as own:
        yield own


@contextmanager
def people(stack: Stack, count: int) -> Iterator[dict[str, str]]:
    """Tokens of the trial's users, who are gone afterwards; raises ServiceRefused."""
    if stack.services.owns_database:
        yield stack.call(inside.prepare, users=count)
        return
    if reason := stack.call(inside.in_use):
        raise ServiceRefused(reason)
    try:
        yield stack.call(inside.appear, users=count)
    finally:
        stack.stop()
        stack.call(inside.forget)
