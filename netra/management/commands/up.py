"""`manage.py up`: everything on one machine, with one command."""

import asyncio
import contextlib
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.database import DATABASE_AWAY
from netra import instance
from netra.embedded import NoRedisServer
from netra.local import LocalNetra, PortTaken, Welcome
from netra.supervisor import ChildFailed

COLOURS = (36, 33, 32, 35, 34, 31)


class Command(BaseCommand):
    help = (
        "Start Valkey, the database, the shipped agents, demo data, web, workers and beat; "
        "print a link that logs you in."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
        parser.add_argument("--port", type=int, default=8002, help="default: %(default)s")
        parser.add_argument("--workers", type=int, default=2, help="default: %(default)s")

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        if workers < 1:
            raise CommandError("--workers: at least one is needed to run agents.")
        try:
            with instance.claim(settings.DATA_DIR):
                if instance.announced(settings.DATA_DIR) is not None:
                    self.say("up", "The last `up` was killed. Runs it left go on now.")
                local = LocalNetra(host=host, port=port, workers=workers, say=self.say)
                asyncio.run(self.run(local))
        except instance.AlreadyRunning as error:
            raise CommandError(already_running(error.instance)) from error
        except (PortTaken, NoRedisServer, ChildFailed) as error:
            raise CommandError(str(error)) from error
        except DATABASE_AWAY as error:
            raise CommandError(f"The database cannot be used: {error}") from error

    async def run(self, local: LocalNetra) -> None:
        begun = time.monotonic()
        try:
            await local.start()
            if not local.is_stopping:
                self.show(greeting(await local.welcome(), time.monotonic() - begun))
            await local.wait()
        finally:
            begun = time.monotonic()
            if await local.stop():
                self.say("up", f"Stopped in {time.monotonic() - begun:.1f} s.")

    def say(self, name: str, line: str) -> None:
        """A line of one of the processes, in its colour on a terminal."""
        head = f"{name:9}|"
        if self.stdout.isatty():
            head = f"\033[{COLOURS[sum(name.encode()) % len(COLOURS)]}m{head}\033[0m"
        self.show(f"{head} {line}")

    def show(self, text: str) -> None:
        """Print, if that is possible: a terminal that was closed is no reason to stop serving."""
        # ValueError: our output's encoding lacks a character.
        with contextlib.suppress(OSError, ValueError):
            self.stdout.write(text)
            self.stdout.flush()


def greeting(welcome: Welcome, seconds: float) -> str:
    socket_url = welcome.url.replace("http", "ws", 1)
    return f"""
Netra is ready ({seconds:.1f} s).

  Chat    {welcome.link}
          logs you in as the demo user, once, within an hour
  API     {welcome.url}/api/docs/
  Admin   {welcome.url}/admin/ for whom `python manage.py createsuperuser` has made
  Ask     python manage.py ask "Where can I cut cost?"
  Socket  npx wscat -c {socket_url}/ws -H "Authorization: Bearer {welcome.token}"
          then type {{"type":"message","content":"Where can I cut cost?"}} (the token: 15 minutes)
  Data    {settings.DATA_DIR}
  Stop    Ctrl-C
"""


def already_running(running: instance.Instance | None) -> str:
    where = f" at {running.url} (process {running.pid})" if running is not None else ""
    return (
        f"Netra already runs here{where}. Stop it with Ctrl-C where it runs, "
        "or give this one a directory of its own: NETRA_DATA_DIR=… manage.py up --port …"
    )
