"""Runs: what was asked, what happened step by step, and how to stop or repeat it."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.admin.base import ReadOnlyPage
from accounts.admin.buttons import Button, Outcome
from accounts.admin.sections import Line, Link, Section, Text, excerpt
from accounts.models import User
from agents.admin.approvals import COLUMNS, buttons_for, calls_waiting, cells_of
from agents.admin.timeline import timeline
from agents.admin.whole import PARTS, whole_text
from agents.admin.wording import duration, readable
from agents.engine.endings import Cancellation
from agents.exceptions import RunFailed
from agents.models import Run, Thread, ToolCall, Worker
from agents.services.retrying import retry_run
from agents.services.runs import request_cancellation

EXCERPT = 80  # characters of the question, in the list
HEAVY = ("input", "context", "result")  # texts without bounds


def _cancel(request: HttpRequest, run: Run) -> str:
    request_cancellation(run.pk, Cancellation(request.user.get_username(), "by an administrator"))
    return f"{run} was asked to stop."


def _retry(request: HttpRequest, run: Run) -> Outcome:
    again = retry_run(run.pk).run
    admin.site.get_model_admin(Run).message_user(
        request, format_html("Asked again: run {}.", again.short_id)
    )
    return HttpResponseRedirect(Link.to(again).url)


def _is_live(_request: HttpRequest, run: Run) -> bool:
    return not run.is_terminal


def _may_be_retried(_request: HttpRequest, run: Run) -> bool:
    return run.is_terminal and run.parent_id is None


class ErrorCode(admin.SimpleListFilter):
    """By the codes that there are; looking for those in use would read the whole table."""

    title = "error code"
    parameter_name = "error_code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds: list[type[RunFailed]] = [RunFailed, *RunFailed.__subclasses__()]
        codes = {kind.code for kind in kinds}
        return [(code, code) for code in sorted(codes)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(error_code=self.value()) if self.value() else queryset


@admin.register(Run)
class RunPage(ReadOnlyPage):
    change_form_template = "agents/admin/run.html"
    list_display = ("short", "state", "agent", "user", "question", "created_at", "took")
    list_filter = ("state", "agent", ErrorCode, "created_at")
    search_fields = ("id",)
    search_help_text = "The beginning of a run's id, of a user's name or of a thread's key"
    fields = (
        ("state", "error"),
        ("user", "thread"),
        ("agent", "configuration"),
        ("parent", "worker", "losses"),
        ("tokens", "cost_usd"),
        ("created_at", "started_at", "finished_at", "took"),
        ("cancellation", "id"),
    )
    readonly_fields = ("error", "configuration", "worker", "tokens", "took", "cancellation")
    buttons = (
        Button(
            "cancel",
            "Cancel the run",
            _cancel,
            _is_live,
            is_dangerous=True,
            for_many="Cancel the selected runs",
        ),
        Button("retry", "Ask again", _retry, _may_be_retried),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        runs: QuerySet[Run] = super().get_queryset(request)
        joined = runs.select_related("user", "agent", "thread", "version", "parent")
        lean: QuerySet[Any] = joined.defer(*HEAVY, *(f"parent__{name}" for name in HEAVY)).annotate(
            beginning=Left("input", 4 * EXCERPT)
        )
        return lean

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        for word in search_term.split():
            users = User.objects.filter(username__istartswith=word).values("pk")
            threads = Thread.objects.filter(key__startswith=word).values("pk")
            theirs = Q(user__in=users) | Q(thread__in=threads)
            queryset = queryset.filter(theirs | _id_begins(word))
        return queryset, False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.whole_view)
        whole = path("<path:object_id>/whole/<slug:part>/", view, name="agents_run_whole")
        return [whole, *super().get_urls()]

    def whole_view(self, request: HttpRequest, object_id: str, part: str) -> HttpResponse:
        """A text of the run in full, as plain text."""
        run = self.get_object(request, unquote(object_id))
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        text = whole_text(run, part)
        if text is None:
            raise Http404
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def texts(self, request: HttpRequest, row: Run) -> list[Text]:
        told = [(title, readable(getattr(row, name)), name) for name, title in PARTS.items()]
        return [
            Text.of(title, text, self._whole(row, name))
            for title, text, name in told
            if text not in ("", "{}")
        ]

    def buttons_of(self, row: Run) -> list[Button]:
        """For all calls that were ever asked for: who comes too late reads who was first."""
        asked = ToolCall.objects.filter(run=row).exclude(approval="").only("run", "call_id", "tool")
        return [*self.buttons, *buttons_for(asked)]

    def sections(self, request: HttpRequest, row: Run) -> list[Section]:
        lines = [
            Line(cells_of(call), self.placed_buttons(request, row, buttons_for([call])))
            for call in calls_waiting(row)
        ]
        return [Section("Waiting for approval", COLUMNS, lines)] if lines else []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        run = context["original"]
        after = request.GET.get("after", "")
        context["timeline"] = timeline(
            run,
            after=int(after) if after.isdecimal() and len(after) < 10 else 0,
            whole=lambda seq: self._whole(run, f"event-{seq}"),
        )
        return super().render_change_form(request, context, *args, **options)

    def _whole(self, run: Run, part: str) -> str:
        return reverse("admin:agents_run_whole", args=[quote(run.pk), part])

    @admin.display(description="run", ordering="created_at")
    def short(self, run: Run) -> str:
        return run.short_id

    @admin.display(description="question")
    def question(self, run: Any) -> str:
        return excerpt(run.beginning, EXCERPT)

    @admin.display(description="error")
    def error(self, run: Run) -> str:
        return f"{run.error_code}: {excerpt(run.error_message, 1000)}" if run.error_code else "-"

    @admin.display(description="version")
    def configuration(self, run: Run) -> str:
        link = Link.to(run.version, f"version {run.version.number}")
        return format_html('<a href="{}">{}</a>', link.url, link.text)

    @admin.display(description="worker")
    def worker(self, run: Run) -> str:
        worker = Worker.objects.filter(pk=run.owner).first()
        return str(worker) if worker is not None else run.owner or "-"

    @admin.display(description="tokens")
    def tokens(self, run: Run) -> str:
        return f"{run.input_tokens:,} in, {run.output_tokens:,} out"

    @admin.display(description="took")
    def took(self, run: Run) -> str:
        return duration(run.finished_at - run.created_at if run.finished_at else None)

    @admin.display(description="cancellation")
    def cancellation(self, run: Run) -> str:
        if run.cancel_requested_at is None:
            return "-"
        return f"by {run.cancel_requested_by}: {run.cancel_reason or 'no reason given'}"


def _id_begins(word: str) -> Q:
    """Ids between the smallest and the largest that begin so."""
    digits = word.replace("-", "").lower()
    if not digits or len(digits) > 32 or set(digits) - set("0123456789abcdef"):
        return Q(pk__in=())
    return Q(pk__gte=UUID(digits.ljust(32, "0")), pk__lte=UUID(digits.ljust(32, "f")))
