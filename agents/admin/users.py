"""What agents add to the pages of users and groups, which know nothing of them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.admin.base import NetraPage
from accounts.admin.sections import Line, Link, Section, excerpt, when
from accounts.admin.typed import DjangoGroupPage
from accounts.admin.users import UserPage, is_superuser
from accounts.models import User
from agents.models import Access, Agent, Run

RUNS_SHOWN = 10

admin.site.unregister([User, Group])


@admin.register(User)
class UserWithRunsPage(UserPage):
    def sections(self, request: HttpRequest, row: User) -> list[Section]:
        own = super().sections(request, row)
        return [*own, self._runs(request, row)] if self.may_view(request, Run) else own

    def _runs(self, request: HttpRequest, user: User) -> Section:
        page = self.section_of(Run)
        newest = Run.objects.filter(user=user).select_related("agent").defer("context", "result")
        lines = [
            Line(
                [
                    Link.to(run, run.short_id),
                    run.state,
                    run.agent.name,
                    excerpt(run.input),
                    when(run.created_at),
                ],
                page.placed_buttons(request, run),
            )
            for run in newest.order_by("-created_at")[:RUNS_SHOWN]
        ]
        columns = ("Run", "State", "Agent", "Question", "Asked")
        more = Link.to_list(Run, "All runs", user__id__exact=user.pk)
        return Section("Newest runs", columns, lines, more)


@admin.register(Group)
class GroupPage(NetraPage, DjangoGroupPage):
    """Who may change the permissions of a group that he is in would have them all."""

    def get_exclude(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return None if is_superuser(request) else ("permissions",)

    def sections(self, request: HttpRequest, row: Group) -> list[Section]:
        if not self.may_view(request, Agent):
            return []
        open_to = Agent.objects.filter(groups=row).order_by("name")
        lines = [
            Line(
                [
                    Link.to(agent),
                    agent.title,
                    "" if agent.access == Access.GROUPS else f"open to: {agent.access}",
                ]
            )
            for agent in open_to
        ]
        return [Section("Agents open to this group", ("Agent", "Title", ""), lines)]
