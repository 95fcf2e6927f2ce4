"""Versions of agents: what each changed, and the way back to it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.admin.base import ReadOnlyPage
from accounts.admin.buttons import Button, Outcome
from accounts.admin.sections import Link, Text, plain
from agents.admin.agents import ADMIN, caller
from agents.admin.differences import differences
from agents.admin.wording import readable
from agents.models import AgentVersion
from agents.services.configuration import roll_back


def _roll_back(request: HttpRequest, version: AgentVersion) -> Outcome:
    agent = version.agent
    made = roll_back(agent=agent, number=version.number, by=caller(request), source=ADMIN)
    told = f"Back to version {version.number}, as version {made.number}."
    page = admin.site.get_model_admin(type(agent))
    LogEntry.objects.log_actions(caller(request).pk, [agent], CHANGE, change_message=told)
    page.message_user(request, f"{agent}: {told}")
    return HttpResponseRedirect(Link.to(agent).url)


def _is_past(_request: HttpRequest, version: AgentVersion) -> bool:
    return version.pk != version.agent.current_id


@admin.register(AgentVersion)
class AgentVersionPage(ReadOnlyPage):
    """Who may look at agents and change them may do so with their versions."""

    change_form_template = "agents/admin/version.html"
    list_display = ("name", "agent", "created_at", "created_by", "source", "reason")
    list_filter = ("agent", "source", "created_at")
    ordering = ("-created_at",)
    search_fields = ("agent__name", "reason", "created_by__username")
    fields = (
        ("agent", "number"),
        ("created_at", "created_by", "source", "reason"),
        ("model", "opening_tool", "plan"),
        ("timeout_seconds", "step_limit", "token_limit", "cost_limit_usd"),
    )
    buttons = (Button("roll-back", "Roll back to it", _roll_back, _is_past),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        versions: QuerySet[Any] = super().get_queryset(request)
        return versions.select_related("agent", "created_by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return user.has_perm("agents.view_agent") or user.has_perm("agents.change_agent")

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("agents.change_agent")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("agents.delete_agent")

    def texts(self, request: HttpRequest, row: AgentVersion) -> list[Text]:
        told = {
            "Instructions": row.instructions,
            "Tools": "\n".join(row.tools),
            "Tools that need approval": "\n".join(row.approval_tools),
            "Schema of the parameters": readable(row.parameters_schema),
        }
        return [Text(title, plain(text)) for title, text in told.items() if text]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        version: AgentVersion = context["original"]
        earlier = AgentVersion.objects.filter(agent=version.agent, number__lt=version.number)
        before = earlier.order_by("-number").first()
        context["subtitle"] = f"{version.agent.name}, version {version.number}"
        context["before"] = before
        context["differences"] = list(differences(before, version)) if before else []
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="version", ordering="number")
    def name(self, version: AgentVersion) -> str:
        return f"version {version.number}"
