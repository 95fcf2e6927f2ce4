"""Log-ins and API keys: who has which, and their end."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyPage
from accounts.admin.buttons import Button
from accounts.models import ApiKey, LogIn
from accounts.models.credential import Credential, CredentialQuerySet


def _is_live(_request: HttpRequest, row: Credential) -> bool:
    return row.is_live()


def _end(_request: HttpRequest, row: Credential) -> str:
    type(row).objects.filter(pk=row.pk).end()
    return f"Ended: {row} of {row.user}."


class IsLive(admin.SimpleListFilter):
    title = "whether it is live"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert isinstance(queryset, CredentialQuerySet)
        live = queryset.live()
        match self.value():
            case "yes":
                return live
            case "no":
                return queryset.exclude(pk__in=live.values("pk"))
            case _:
                return queryset


class CredentialPage(ReadOnlyPage):
    search_fields: ClassVar[tuple[str, ...]] = ("user__username", "user__email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user")

    @admin.display(boolean=True, description="live")
    def live(self, row: Credential) -> bool:
        return row.is_live()


@admin.register(LogIn)
class LogInPage(CredentialPage):
    list_display = ("user", "means", "created_at", "renewed_at", "address", "user_agent", "live")
    list_filter = (IsLive, "means", "created_at")
    fields = (
        *("user", "means", "live", "created_at", "renewed_at", "expires_at", "ended_at"),
        *("address", "user_agent"),
    )
    readonly_fields = ("live",)
    buttons = (
        Button(
            "end", "End", _end, _is_live, is_dangerous=True, for_many="End the selected log-ins"
        ),
    )


@admin.register(ApiKey)
class ApiKeyPage(CredentialPage):
    list_display = ("name", "user", "hint", "scopes", "created_at", "last_used_at", "live")
    list_filter = (IsLive, "created_at")
    search_fields = (*CredentialPage.search_fields, "name", "hint")
    fields = (
        *("user", "name", "hint", "scopes", "live"),
        *("created_at", "last_used_at", "expires_at", "ended_at"),
    )
    readonly_fields = ("live",)
    buttons = (
        Button(
            "end", "Revoke", _end, _is_live, is_dangerous=True, for_many="Revoke the selected keys"
        ),
    )
