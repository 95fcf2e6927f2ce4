"""`manage.py doctor`: checks every part and says what to do about each that fails."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from agents.exceptions import ModelNotConfigured
from agents.llm.providers import model_named
from agents.models import Agent, AgentVersion
from netra.health import touch_broker, touch_channel_layer, touch_database, touch_workers

FREE_BYTES = 500 * 1024 * 1024


class Unhealthy(Exception):
    """Says what is wrong."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    examine: Callable[[], str | None]  # may say more; raises what is wrong
    remedy: str


def migrations() -> None:
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unhealthy(f"{len(missing)} migrations are not applied")


def disk() -> str:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < FREE_BYTES:
        raise Unhealthy(f"only {free // 1024**2} MB are free in {settings.DATA_DIR}")
    return f"{free // 1024**3} GB free"


def default_model() -> str:
    model_named(settings.MODEL, plan="")
    return settings.MODEL


def mail() -> str:
    """Whether the mail server lets us in; nothing is sent."""
    if not settings.MAIL_IS_SENT:
        return "none is sent: `manage.py loginlink USER` is the way back for who lost a password"
    connection = get_connection()
    connection.open()
    connection.close()
    return str(settings.EMAIL_HOST)


def agents_models() -> None:
    """The models that agents name themselves."""
    current = AgentVersion.objects.filter(pk__in=Agent.objects.values("current"))
    own = current.exclude(model="").select_related("agent")
    problems = [problem for version in own if (problem := _problem(version))]
    if problems:
        raise Unhealthy("; ".join(problems))


def _problem(version: AgentVersion) -> str | None:
    try:
        model_named(version.model, plan=version.plan)
    except ModelNotConfigured as error:
        return f"{version.agent.name}: {error.message}"
    return None


CHECKS = (
    Check("database", touch_database, "Start it, or correct NETRA_DATABASE_URL."),
    Check("migrations", migrations, "Run: python manage.py migrate"),
    Check("channel layer", touch_channel_layer, "Start Redis, or correct NETRA_REDIS_URL."),
    Check("broker", touch_broker, "Start it, or correct NETRA_BROKER_URL."),
    Check("workers", touch_workers, "Start one: celery -A netra worker"),
    Check("default model", default_model, "Set NETRA_MODEL and its provider's key."),
    Check("agents' models", agents_models, "Configure these agents, or set the provider's key."),
    Check("mail", mail, "Correct NETRA_EMAIL_URL."),
    Check("disk", disk, "Make room, or move NETRA_DATA_DIR."),
)


class Command(BaseCommand):
    help = "Check database, Redis, broker, workers, models and disk."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        failed = [check for check in CHECKS if not self.passes(check)]
        if failed:
            raise CommandError(f"{len(failed)} of {len(CHECKS)} checks failed.")

    def passes(self, check: Check) -> bool:
        try:
            more = check.examine()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a part is the finding
            self.stdout.write(self.style.ERROR(f"✗ {check.name}: {error}"))
            self.stdout.write(f"  {check.remedy}")
            return False
        self.stdout.write(f"✓ {check.name}{f': {more}' if more else ''}")
        return True
