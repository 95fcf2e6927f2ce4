"""What all pages of Netra's admin have in common."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from accounts.admin.buttons import WithButtons
from accounts.admin.deletion import foreseen
from accounts.admin.paging import ROWS_LISTED, BoundedPaginator
from accounts.admin.sections import Section, Text
from accounts.exceptions import NetraError

Row = TypeVar("Row", bound=Model)


class NetraPage(WithButtons):
    """
    A page of the admin whose price does not grow with its tables.

    It has buttons, sections below its form, and tells what a service refuses.
    """

    change_form_template = "accounts/admin/change_form.html"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200

    def sections(self, request: HttpRequest, row: Any) -> Sequence[Section]:
        """Tables that belong to the row, below its form."""
        return ()

    def texts(self, request: HttpRequest, row: Any) -> Sequence[Text]:
        """Long texts of the row, below its form."""
        return ()

    def may_view(self, request: HttpRequest, model: type[Model]) -> bool:
        """Whether the caller may see the rows of another model."""
        return self.admin_site.get_model_admin(model).has_view_or_change_permission(request)

    def section_of(self, page: type[Model]) -> WithButtons:
        """The page of another model, whose buttons stand in a section of this one."""
        return cast(WithButtons, self.admin_site.get_model_admin(page))

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        told = foreseen(list(objs), request, self.admin_site)
        return told.listed, told.counts, told.perms_lacking, told.protected

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if "delete_selected" in actions:
            # It notes all as deleted first: if one cannot be, none is, and nothing is noted.
            delete, *named = actions["delete_selected"]
            actions["delete_selected"] = (transaction.atomic(delete), *named)
        return actions

    def get_object(self, request: HttpRequest, object_id: str, *args: Any) -> Any:
        return super().get_object(request, object_id, *args) if self._is_key(object_id) else None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row = context.get("original")
        if row is not None:
            context["buttons"] = self.placed_buttons(request, row)
            context["texts"] = self.texts(request, row)
            context["sections"] = self.sections(request, row)
        return super().render_change_form(request, context, *args, **options)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        return self._telling(super().changeform_view, request, *args, **options)

    @method_decorator(csrf_protect)
    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        return self._telling(super().delete_view, request, *args, **options)

    def changelist_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if not all(map(self._is_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            messages.error(request, "There are no such rows.")
            return HttpResponseRedirect(request.get_full_path())
        response = self._telling(super().changelist_view, request, *args, **options)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            changelist = response.context_data.get("cl")
            if changelist is not None and changelist.paginator.is_cut:
                response.context_data["subtitle"] = f"the first {ROWS_LISTED:,}; search for others"
        return response

    def _is_key(self, text: str) -> bool:
        """Whether a row of this model could have this key; the database may be asked for it."""
        try:
            self.opts.pk.clean(text, None)
        except ValidationError:
            return False
        return "\x00" not in text

    def _telling(self, view: Any, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """What a service refuses while a form or an action is carried out, on the same page."""
        try:
            return cast(HttpResponse, view(request, *args, **options))
        except NetraError as error:
            messages.error(request, error.message)
        except OverflowError:  # SQLite's, of the number of a row among the choices of a form
            messages.error(request, "A number is too large. Choose what the form offers.")
        is_form = request.method == "POST"
        # A page that cannot be shown at all would lead to itself, for ever.
        return HttpResponseRedirect(request.get_full_path() if is_form else reverse("admin:index"))


class ReadOnlyPage(NetraPage):
    """A page of what people look at and nobody types in."""

    may_be_deleted = False  # on a page of its own; it does go with what it belongs to

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not self.may_be_deleted:
            actions.pop("delete_selected", None)
        return actions

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if not self.may_be_deleted:
            raise PermissionDenied
        return super().delete_view(request, *args, **options)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        context["show_delete"] = self.may_be_deleted
        return super().render_change_form(request, context, *args, **options)
