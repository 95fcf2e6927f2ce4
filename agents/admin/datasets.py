"""Data sets: whose they are, and how they were read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import ReadOnlyPage
from accounts.admin.sections import Text, plain
from agents.admin.wording import readable, size
from agents.models import Dataset


class IsShared(admin.SimpleListFilter):
    title = "whose it is"
    parameter_name = "shared"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Shared with everyone"), ("no", "A user's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("yes", "no"):
            return queryset.filter(user__isnull=self.value() == "yes")
        return queryset


@admin.register(Dataset)
class DatasetPage(ReadOnlyPage):
    """Its files go with the row, whoever deletes it."""

    may_be_deleted = True
    list_display = ("name", "owner", "rows", "size", "format", "created_at")
    list_filter = (IsShared, "created_at")
    search_fields = ("name__icontains", "user__username__istartswith")
    fields = ("name", "owner", "rows", "skipped_rows", "size", "format", "created_at", "id")
    readonly_fields = ("owner", "size")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        datasets: QuerySet[Any] = super().get_queryset(request).select_related("user")
        return datasets.defer("profile")

    def texts(self, request: HttpRequest, row: Dataset) -> list[Text]:
        return [Text("Profile", plain(readable(row.profile)))]

    @admin.display(description="owner", ordering="user__username")
    def owner(self, dataset: Dataset) -> str:
        return str(dataset.user) if dataset.user is not None else "everyone"

    @admin.display(description="size", ordering="size_bytes")
    def size(self, dataset: Dataset) -> str:
        return size(dataset.size_bytes)
