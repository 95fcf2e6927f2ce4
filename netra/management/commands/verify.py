"""`manage.py verify`: format, lint, types, contracts and tests; the one command before a commit."""

import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

PACKAGES = ("accounts", "agents", "realtime", "netra", "tests")


class Command(BaseCommand):
    help = "Check format, lint, types, import contracts and tests."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-tests", action="store_true", help="only what takes seconds")

    def handle(self, *args: Any, no_tests: bool, **options: Any) -> None:
        tools = Path(sys.executable).parent
        steps: list[list[str]] = [
            [str(tools / "ruff"), "format", "--check", "."],
            [str(tools / "ruff"), "check", "."],
            [str(tools / "mypy"), *PACKAGES],
            [str(tools / "lint-imports")],
        ]
        if not no_tests:
            steps.append([sys.executable, "-m", "pytest"])
        for step in steps:
            self.stdout.write(f"$ {Path(step[0]).name} {' '.join(step[1:])}")
            self.stdout.flush()
            if subprocess.run(step, cwd=settings.BASE_DIR, check=False).returncode:  # noqa: S603
                raise CommandError(f"{Path(step[0]).name} found something.")
