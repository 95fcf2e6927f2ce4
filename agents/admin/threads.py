"""Threads: what was said in them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyPage
from accounts.admin.sections import Line, Link, Section, plain, when
from agents.models import Message, Run, Thread
from agents.services.threads import delete_thread

MESSAGES_SHOWN = 50
MESSAGE_LENGTH = 1_000  # characters; the run has the rest


@admin.register(Thread)
class ThreadPage(ReadOnlyPage):
    may_be_deleted = True
    list_display = ("key", "title", "user", "agent", "last_turn", "updated_at")
    list_filter = ("agent", "updated_at")
    search_fields = ("key__startswith", "title__icontains", "user__username__istartswith")
    fields = ("user", "key", "title", "agent", "last_turn", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        threads: QuerySet[Any] = super().get_queryset(request).select_related("user", "agent")
        return threads

    def sections(self, request: HttpRequest, row: Thread) -> list[Section]:
        own = Message.objects.filter(thread=row).select_related("run")
        lean = own.defer("content", "run__context", "run__input", "run__result")
        newest = lean.annotate(beginning=Left("content", MESSAGE_LENGTH)).order_by("-pk")
        messages = list(newest[:MESSAGES_SHOWN])
        may_view_runs = self.may_view(request, Run)
        lines = [
            Line(
                [
                    when(message.created_at),
                    message.role,
                    plain(message.beginning),
                    Link.to(message.run) if may_view_runs else str(message.run),
                ]
            )
            for message in reversed(messages)
        ]
        more = Link.to_list(Run, "All runs", thread__id__exact=row.pk) if may_view_runs else None
        return [Section("Messages", ("At", "By", "How it begins", "Run"), lines, more)]

    def delete_model(self, request: HttpRequest, obj: Thread) -> None:
        delete_thread(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for thread in queryset:
            delete_thread(thread)
