"""`manage.py loginlink USER`: a link that logs its user in once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.links import login_link
from accounts.names import named


class Command(BaseCommand):
    help = "Print a link that logs a user in once, within an hour."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="a user's name")
        parser.add_argument(
            "--url",
            default="http://127.0.0.1:8002",
            help="where Netra is reached (default: %(default)s)",
        )

    def handle(self, *args: Any, user: str, url: str, **options: Any) -> None:
        found = named(user)
        if found is None:
            raise CommandError(f"There is no user {user!r}.")
        self.stdout.write(login_link(found, base_url=url, valid_for=timedelta(hours=1)))
