"""`manage.py token USER`: an access token for scripts and tests on this machine."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import log_ins
from accounts.models import LogIn, User
from accounts.names import named


class Command(BaseCommand):
    help = "Print an access token for a user (valid for 15 minutes)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="a user's name")
        parser.add_argument(
            "--create", action="store_true", help="make the user, without a password, if missing"
        )

    def handle(self, *args: Any, user: str, create: bool, **options: Any) -> None:
        found = named(user)
        if found is None and create:
            found = User.objects.create_user(user)
        if found is None:
            raise CommandError(f"There is no user {user!r}. Add --create to make one.")
        self.stdout.write(log_ins.begin(found, LogIn.Means.COMMAND).access)
