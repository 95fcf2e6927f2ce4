"""What a page of the admin can do to a row beside saving it: on its page, and to many in a list."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.admin.typed import Page
from accounts.exceptions import NetraError

Outcome: TypeAlias = str | HttpResponse
"""What to tell, or the page that tells it."""


def _always(_request: HttpRequest, _row: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Button:
    """
    Something to do to a row, by POST; what it did is noted in the row's history.

    `press` may raise NetraError, which is shown. `is_offered` says for which rows it makes sense;
    who may press it is asked of the page (`has_operate_permission`).
    """

    name: str  # in its address
    label: str
    press: Callable[[HttpRequest, Any], Outcome]
    is_offered: Callable[[HttpRequest, Any], bool] = _always
    is_dangerous: bool = False
    for_many: str = ""  # its label in lists, if it can be done to many at once


@dataclass(frozen=True, slots=True)
class PlacedButton:
    """A button of one row, as a template shows it."""

    label: str
    url: str
    is_dangerous: bool


class WithButtons(Page):
    """A page of the admin with buttons."""

    buttons: tuple[Button, ...] = ()

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may press: whoever has Django's permission to change such rows."""
        user = request.user
        return user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def buttons_of(self, row: Any) -> Sequence[Button]:
        """Those of a row: the page's, and others that depend on what belongs to the row."""
        return self.buttons

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_press"
        view = self.admin_site.admin_view(self.press_view)
        return [path("<path:object_id>/press/<slug:name>/", view, name=name), *super().get_urls()]

    def placed_buttons(
        self, request: HttpRequest, row: Model, buttons: Iterable[Button] | None = None
    ) -> list[PlacedButton]:
        """Those of the page, or the given ones, that the caller may press on this row."""
        if not self.has_operate_permission(request, row):
            return []
        address = f"admin:{self.opts.app_label}_{self.opts.model_name}_press"
        return [
            PlacedButton(
                button.label,
                reverse(address, args=[quote(row.pk), button.name]),
                button.is_dangerous,
            )
            for button in (self.buttons if buttons is None else buttons)
            if button.is_offered(request, row)
        ]

    @method_decorator(require_POST)
    def press_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        buttons = self.buttons_of(row) if row is not None else ()
        button = next((button for button in buttons if button.name == name), None)
        if row is None or button is None:
            raise Http404
        if not self.has_operate_permission(request, row):
            raise PermissionDenied
        outcome = self.press(request, button, row)
        if isinstance(outcome, HttpResponse):
            return outcome
        if outcome is not None:
            messages.success(request, outcome)
        return HttpResponseRedirect(self._way_back(request, row))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if self.has_operate_permission(request):
            for button in self.buttons:
                if button.for_many:
                    many = partial(press_for_many, button=button)
                    actions[button.name] = (many, button.name, button.for_many)
        return actions

    def press(self, request: HttpRequest, button: Button, row: Model) -> Outcome | None:
        """What came of it. None if it could not be done; then why not has been told."""
        if not button.is_offered(request, row):
            messages.error(request, f"{row}: “{button.label}” is not possible now.")
            return None
        try:
            outcome = button.press(request, row)
        except NetraError as error:
            messages.error(request, f"{row}: {error.message}")
            return None
        self.log_change(request, row, f"{button.label}.")
        return outcome

    def _way_back(self, request: HttpRequest, row: Model) -> str:
        """To the page that the button was on."""
        asked = request.POST.get("next", "")
        if asked and url_has_allowed_host_and_scheme(asked, {request.get_host()}):
            return asked
        address = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(address, args=[quote(row.pk)])


def press_for_many(
    page: WithButtons, request: HttpRequest, rows: QuerySet[Any], *, button: Button
) -> None:
    """An action of the list: press for each row for which it makes sense."""
    fitting: Iterable[Any] = [row for row in rows if button.is_offered(request, row)]
    allowed = [row for row in fitting if page.has_operate_permission(request, row)]
    done = sum(page.press(request, button, row) is not None for row in allowed)
    messages.success(request, f"{button.label}: {done} of {len(rows)}.")
