"""A worker's health check asks for its own row, not for any worker's."""

import platform
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agents.models import Worker

pytestmark = pytest.mark.django_db


def test_a_worker_of_this_host_is_alive() -> None:
    Worker.objects.create(id="here", host=platform.node(), pid=1)
    call_command("worker_alive")


def test_another_hosts_worker_does_not_count() -> None:
    Worker.objects.create(id="there", host=f"not-{platform.node()}", pid=1)
    with pytest.raises(CommandError, match="No worker of"):
        call_command("worker_alive")


def test_one_that_was_not_seen_for_long_does_not_count() -> None:
    silent_since = timezone.now() - Worker.SILENCE - timedelta(seconds=1)
    Worker.objects.create(id="gone", host=platform.node(), pid=1, seen_at=silent_since)
    with pytest.raises(CommandError, match="No worker of"):
        call_command("worker_alive")
