"""The worker processes that are alive."""

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> Self:
        return self.filter(seen_at__gt=Now() - Worker.SILENCE)


class Worker(models.Model):
    """One worker process; it refreshes its row every 2 s."""

    SILENCE: ClassVar[timedelta] = timedelta(seconds=8)  # after it a worker counts as gone

    id = models.CharField(max_length=32, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    live_runs = models.PositiveIntegerField(default=0)
    # Version ids of agents as text, and why this process cannot run them: a model without its key,
    # a tool that is not installed. Only workers know; the web server may have other settings.
    unusable = models.JSONField(default=dict)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
