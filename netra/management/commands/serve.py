"""`manage.py serve`: one web process, HTTP and sockets, until SIGTERM."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.garbage import collect_rarely


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

        server = GuardedServer(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            upload_limit=settings.UPLOAD_LIMIT_BYTES,
        )
        collect_rarely()
        server.run()
        if server.abort_start:
            raise SystemExit(1)
