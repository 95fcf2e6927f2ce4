"""The admin site: its name, and what stands together on its first page."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.exceptions import NetraError

# Django and axes keep these in apps of their own; people look for them beside the users.
HOSTS = {"auth": "accounts", "axes": "accounts"}


class LogInForm(AdminAuthenticationForm):
    """Tells, too, why nobody can log in at the moment."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except NetraError as error:
            raise ValidationError(error.message) from error


class NetraSite(AdminSite):
    login_form = LogInForm
    site_header = site_title = "Netra"
    index_title = "Administration"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        by_label = {app["app_label"]: app for app in apps}
        for guest, host in HOSTS.items():
            if guest in by_label and host in by_label:
                by_label[host]["models"] += by_label.pop(guest)["models"]
        for app in by_label.values():
            app["models"].sort(key=lambda model: model["name"])
        return list(by_label.values())
