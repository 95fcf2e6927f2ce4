"""Agents: what they are, what they do, and how that came about."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import NetraPage
from accounts.admin.buttons import Button
from accounts.admin.sections import Line, Link, Section, when
from accounts.admin.typed import RowForm
from accounts.models import User
from agents.admin.agent_form import DETAILS, AgentForm
from agents.models import Agent, AgentVersion, Run
from agents.services.configuration import configure_agent, warnings_for
from agents.services.details import create_agent, update_agent
from agents.services.removal import delete_agent

VERSIONS_SHOWN = 20
ADMIN = AgentVersion.Source.ADMIN


def _disable(request: HttpRequest, agent: Agent) -> str:
    update_agent(agent=agent, changes={"is_enabled": False}, by=caller(request))
    return f"{agent} is disabled: nobody can ask it."


def _enable(request: HttpRequest, agent: Agent) -> str:
    update_agent(agent=agent, changes={"is_enabled": True}, by=caller(request))
    return f"{agent} is enabled."


def _warn(request: HttpRequest, version: AgentVersion) -> None:
    for texts in warnings_for(version).values():
        messages.warning(request, " ".join(texts))


def _is_enabled(_request: HttpRequest, agent: Agent) -> bool:
    return agent.is_enabled


def _is_disabled(_request: HttpRequest, agent: Agent) -> bool:
    return not agent.is_enabled


def caller(request: HttpRequest) -> User:
    return cast(User, request.user)


@admin.register(Agent)
class AgentPage(NetraPage):
    form = AgentForm
    list_display = ("name", "title", "access", "is_enabled", "is_default", "version", "runs_on")
    list_filter = ("is_enabled", "access")
    search_fields = ("name", "title", "description", "aliases__name")
    fieldsets = (
        (None, {"fields": ("name", "title", "description")}),
        ("Who may ask it", {"fields": ("access", "groups", "is_enabled", "is_default", "aliases")}),
        (
            "What it does",
            {
                "fields": (
                    *("model", "instructions", "tools", "approval_tools"),
                    *("opening_tool", "plan"),
                )
            },
        ),
        (
            "What callers may ask for, and its limits",
            {
                "fields": (
                    "parameters_schema",
                    ("timeout_seconds", "step_limit", "token_limit", "cost_limit_usd"),
                )
            },
        ),
        ("This change", {"fields": ("reason", "seen_version", "seen_details")}),
    )
    buttons = (
        Button("disable", "Disable", _disable, _is_enabled, is_dangerous=True),
        Button("enable", "Enable", _enable, _is_disabled),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        agents: Any = super().get_queryset(request)
        listed: QuerySet[Any] = agents.with_current()
        return listed

    def get_form(
        self, request: HttpRequest, obj: Agent | None = None, *args: Any, **options: Any
    ) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            options["form"] = RowForm  # to look at; what a version says is on its own page
        return super().get_form(request, obj, *args, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            shown = ("name", *DETAILS[:6], "other_names", "version")
            return [(None, {"fields": shown})]
        return self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        return ("name", "other_names", "version") if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: Any) -> None:
        data, by = form.cleaned_data, caller(request)
        if change:
            update_agent(agent=obj, changes=form.changes(), by=by)
            version = configure_agent(
                agent=obj,
                changes=form.content(),
                by=by,
                source=ADMIN,
                reason=data["reason"],
                expected_version=data.get("seen_version"),
            )
        else:
            values = {"name": data["name"], **form.changes(), **form.content()}
            made = create_agent(values=values, by=by, source=ADMIN, reason=data["reason"])
            obj.pk, version = made.pk, cast(AgentVersion, made.current)
        obj.refresh_from_db()
        # Loading a provider takes a second or two, in which nobody should wait for the database.
        transaction.on_commit(partial(_warn, request, version), robust=True)

    def delete_model(self, request: HttpRequest, obj: Agent) -> None:
        delete_agent(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for agent in queryset:
            delete_agent(agent)

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        listed, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if protected:
            protected = [f"{', '.join(protected)}: they keep it. Disable it instead."]
        return listed, counts, lacking, protected

    def sections(self, request: HttpRequest, row: Agent) -> list[Section]:
        page = self.section_of(AgentVersion)
        newest = AgentVersion.objects.filter(agent=row).select_related("created_by", "agent")
        lines = [
            Line(
                [
                    Link.to(version, f"Version {version.number}"),
                    when(version.created_at),
                    str(version.created_by or "-"),
                    version.get_source_display(),
                    version.reason,
                    "current" if version.pk == row.current_id else "",
                ],
                page.placed_buttons(request, version),
            )
            for version in newest.defer(*AgentVersion.TEXTS)[:VERSIONS_SHOWN]
        ]
        more = Link.to_list(AgentVersion, "All versions", agent__id__exact=row.pk)
        columns = ("Version", "Made", "By", "Through", "Why", "")
        versions = Section("Versions", columns, lines, more)
        if not self.may_view(request, Run):
            return [versions]
        runs = Link.to_list(Run, "Its runs", agent__id__exact=row.pk)
        return [versions, Section("Runs", (), (), runs, empty="")]

    @admin.display(description="aliases")
    def other_names(self, agent: Agent) -> str:
        return ", ".join(agent.aliases.values_list("name", flat=True)) or "-"

    @admin.display(description="version", ordering="current__number")
    def version(self, agent: Agent) -> str:
        return str(agent.current.number) if agent.current is not None else "-"

    @admin.display(description="model", ordering="current__model")
    def runs_on(self, agent: Agent) -> str:
        return (agent.current.model if agent.current is not None else "") or "the default"
