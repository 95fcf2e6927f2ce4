"""Workers: which are alive, and what they hold."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyPage
from accounts.admin.sections import Line, Link, Section, when
from agents.models import AgentVersion, Run, Worker

RUNS_SHOWN = 50


@admin.register(Worker)
class WorkerPage(ReadOnlyPage):
    list_display = ("host", "pid", "alive", "live_runs", "started_at", "seen_at")
    ordering = ("-seen_at",)
    fields = (*list_display, "id")
    readonly_fields = ("alive",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # By the database's clock, like everybody who asks whether a worker is alive.
        alive = When(pk__in=Worker.objects.alive().values("pk"), then=Value(1))
        workers: QuerySet[Worker] = super().get_queryset(request)
        marked: QuerySet[Any] = workers.annotate(is_alive=Case(alive, default=Value(0)))
        return marked

    @admin.display(boolean=True, description="alive", ordering="is_alive")
    def alive(self, worker: Any) -> bool:
        return bool(worker.is_alive)

    def sections(self, request: HttpRequest, row: Worker) -> list[Section]:
        found = [self._unusable(row)] if row.unusable else []
        return [self._runs(row), *found] if self.may_view(request, Run) else found

    def _runs(self, worker: Worker) -> Section:
        held = Run.objects.live().filter(owner=worker.pk).select_related("agent", "user")
        lines = [
            Line([Link.to(run), run.agent.name, str(run.user), when(run.created_at)])
            for run in held.defer("context", "input")[:RUNS_SHOWN]
        ]
        return Section("Live runs", ("Run", "Agent", "User", "Since"), lines)

    def _unusable(self, worker: Worker) -> Section:
        """What this process says it lacks."""
        ids = [key for key in worker.unusable if key.isdecimal()]
        versions = AgentVersion.objects.filter(pk__in=ids).select_related("agent")
        lines = [
            Line([Link.to(version.agent), str(version.number), worker.unusable[str(version.pk)]])
            for version in versions
        ]
        return Section("Agents that it cannot run", ("Agent", "Version", "Why"), lines)
