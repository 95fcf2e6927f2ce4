"""`manage.py prepare`: what must be done once before the processes of a deployment start."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.database import DATABASE_AWAY
from netra.preparing import prepare_database, prepare_demo_data, prepare_demo_user


class Command(BaseCommand):
    help = "Migrate the database; make the shipped agents, the demo user and the demo data."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="no demo user and no demo data")

    def handle(self, *args: Any, no_demo: bool, **options: Any) -> None:
        try:
            prepare_database()
            if not no_demo:
                prepare_demo_user()
                prepare_demo_data()
        except DATABASE_AWAY as error:
            raise CommandError(f"The database cannot be used: {error}") from error
        self.stdout.write("Prepared.")
