"""`manage.py install_agents`: brings the shipped agents up to date."""

from typing import Any

from django.core.management.base import BaseCommand

from agents.services.agents import install_shipped_agents


class Command(BaseCommand):
    help = "Make the shipped agents, or bring them up to date; what somebody configured stays."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = install_shipped_agents()
        self.stdout.write(f"Installed: {', '.join(changed)}." if changed else "Nothing to do.")
