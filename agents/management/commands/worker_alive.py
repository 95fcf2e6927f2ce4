"""`manage.py worker_alive`: a container's health check, so it imports little."""

import platform
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.models import Worker


class Command(BaseCommand):
    help = "Fail unless a worker of this host is alive: its event loop turns, and it can write."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        host = platform.node()
        if not Worker.objects.alive().filter(host=host).exists():
            raise CommandError(f"No worker of {host} has been seen for {Worker.SILENCE.seconds} s.")
