"""The admin site: its name, and what stands together on its first page."""

import math
from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from accounts.attempts import one_name
from accounts.exceptions import NetraError
from accounts.throttles import LogInThrottle

# Django and axes keep these in apps of their own; people look for them beside the users.
HOSTS = {"auth": "accounts", "axes": "accounts"}


class LogInForm(AdminAuthenticationForm):
    """Tells, too, why nobody can log in at the moment."""

    def clean(self) -> dict[str, Any]:
        if login := self.cleaned_data.get("username"):
            self.cleaned_data["username"] = one_name(login)
        try:
            return super().clean()
        except NetraError as error:
            raise ValidationError(error.message) from error


class NetraSite(AdminSite):
    login_form = LogInForm
    site_header = site_title = "Netra"
    index_title = "Administration"

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Counts with the log-ins over REST: whoever is held up there does not go on here."""
        throttle = LogInThrottle()
        if request.method == "POST" and not throttle.allow_request(request):
            headers = {"Retry-After": str(math.ceil(throttle.wait()))}
            status = HTTPStatus.TOO_MANY_REQUESTS
            return HttpResponse(
                render_to_string("accounts/too_many.html"), status=status, headers=headers
            )
        return super().login(request, extra_context)

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
