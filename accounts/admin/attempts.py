"""Failed log-ins as django-axes counts them, and the end of a pause before its time."""

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyPage
from accounts.admin.buttons import Button


def _unlock(_request: HttpRequest, row: Any) -> str:
    """Forget what is counted against this name from this address, by whatever program."""
    AccessAttempt.objects.filter(username=row.username, ip_address=row.ip_address).delete()
    return f"{row.username} may try again from {row.ip_address}."


class IsLockedOut(admin.SimpleListFilter):
    title = "whether it is locked out"
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT)
        return queryset


@admin.register(AccessAttempt)
class AttemptPage(ReadOnlyPage):
    """What counts now; a log-in that succeeds ends the count."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")
    list_filter = (IsLockedOut, "attempt_time")
    search_fields = ("username", "ip_address")
    # What was posted stays unshown: people type passwords into the field of the name.
    fields = (*list_display, "path_info")
    buttons = (
        Button("unlock", "Unlock", _unlock, for_many="Unlock the selected names and addresses"),
    )


@admin.register(AccessFailureLog)
class FailurePage(ReadOnlyPage):
    list_display = ("username", "ip_address", "attempt_time", "locked_out", "user_agent")
    list_filter = ("locked_out", "attempt_time")
    search_fields = ("username", "ip_address")
    fields = (*list_display, "path_info")
