"""`manage.py serve`: one web process, HTTP and sockets, until SIGTERM."""

import resource
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from accounts.garbage import collect_rarely

# Of the 3 s within which a request is answered, the rest is for what it waits for afterwards.
SQLITE_LOCK_SECONDS = 1.5
POOL_SECONDS = 1
OPEN_FILES = 65_536


class Command(BaseCommand):
    help = "Serve HTTP and WebSockets with the guarded daphne."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
        parser.add_argument("--port", type=int, default=8002, help="default: %(default)s")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        # Importing daphne's server installs Twisted's reactor, which no other command wants.
        from daphne.endpoints import build_endpoint_description_strings  # noqa: PLC0415

        from netra.asgi import application  # noqa: PLC0415
        from realtime.server import GuardedServer  # noqa: PLC0415

        answer_soon()
        allow_many_sockets()
        server = GuardedServer(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            upload_limit=settings.UPLOAD_LIMIT_BYTES,
        )
        collect_rarely()
        server.run()
        # Python takes its own handlers away before it ends; one more SIGTERM would then kill us.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if server.abort_start:
            raise SystemExit(1)


def answer_soon() -> None:
    """Before the first query: give up on a busy database before its clients give up on us."""
    options: dict[str, Any] = connections.settings["default"]["OPTIONS"]
    if settings.IS_SQLITE:
        options["timeout"] = min(options["timeout"], SQLITE_LOCK_SECONDS)
    else:
        options["pool"]["timeout"] = min(options["pool"]["timeout"], POOL_SECONDS)


def allow_many_sockets() -> None:
    """As many open files as we may have: of the usual 1024, clients that say nothing use all."""
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if limit == resource.RLIM_INFINITY else min(limit, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, limit))
