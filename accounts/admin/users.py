"""Users: who they are, what they have open, and what staff may do about it."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.admin.base import NetraPage
from accounts.admin.buttons import Button
from accounts.admin.sections import Line, Link, Section, when
from accounts.admin.typed import DjangoUserPage
from accounts.admin.user_forms import NewUserForm, UserForm
from accounts.links import MAILED_LINK_LIFETIME, login_link
from accounts.models import ApiKey, LogIn, User

SHOWN = 10  # log-ins and keys, the newest

# Who may hand these out could hand himself everything: that is for superusers.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def _log_out(_request: HttpRequest, user: User) -> str:
    user.end_log_ins()
    return f"{user} is logged out everywhere, and the API keys have ended."


def _deactivate(_request: HttpRequest, user: User) -> str:
    user.is_active = False
    user.save(update_fields=["is_active"])
    return f"{user} is deactivated and logged out."


def _activate(_request: HttpRequest, user: User) -> str:
    user.is_active = True
    user.save(update_fields=["is_active"])
    return f"{user} may log in again."


def _show_link(request: HttpRequest, user: User) -> HttpResponse:
    """Never by a message: those travel in cookies."""
    link = login_link(user, base_url=settings.PUBLIC_URL, valid_for=MAILED_LINK_LIFETIME)
    page = admin.site.get_model_admin(User)
    context = {
        **admin.site.each_context(request),
        "title": f"A log-in link for {user}",
        "original": user,
        "opts": page.opts,
        "link": link,
        "minutes": int(MAILED_LINK_LIFETIME.total_seconds() // 60),
    }
    return TemplateResponse(request, "accounts/admin/login_link.html", context)


def _is_active(_request: HttpRequest, user: User) -> bool:
    return user.is_active


def _is_inactive(_request: HttpRequest, user: User) -> bool:
    return not user.is_active


def _is_active_other(request: HttpRequest, user: User) -> bool:
    return user.is_active and user != request.user


@admin.register(User)
class UserPage(NetraPage, DjangoUserPage):
    form = UserForm
    add_form = NewUserForm
    add_form_template = "admin/auth/user/add_form.html"
    list_display = ("username", "email", "is_active", "is_staff", "last_login", "last_renewal")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "usable_password", "password1", "password2"),
            },
        ),
    )
    readonly_fields = ("last_login", "date_joined")
    buttons = (
        Button("log-out", "Log out everywhere", _log_out, for_many="Log out the selected users"),
        Button("link", "Show a log-in link", _show_link, _is_active),
        Button("activate", "Activate", _activate, _is_inactive),
        Button(
            "deactivate",
            "Deactivate",
            _deactivate,
            _is_active_other,
            is_dangerous=True,
            for_many="Deactivate the selected users",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = LogIn.objects.filter(user=OuterRef("pk")).order_by("-renewed_at")
        seen = Subquery(newest.values("renewed_at")[:1])
        users: QuerySet[User] = super().get_queryset(request)
        seen_users: QuerySet[Any] = users.annotate(last_renewal_at=seen)
        return seen_users

    @admin.display(description="last seen", ordering="last_renewal_at")
    def last_renewal(self, user: Any) -> Any:
        return user.last_renewal_at

    def has_operate_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request.user, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        own = tuple(super().get_readonly_fields(request, obj))
        return own if is_superuser(request) else (*own, "is_staff", "is_superuser", "groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets: Any = super().get_fieldsets(request, obj)
        if is_superuser(request):
            return fieldsets
        return [(title, _without(options, "user_permissions")) for title, options in fieldsets]

    def sections(self, request: HttpRequest, row: User) -> list[Section]:
        own = {LogIn: self._log_ins, ApiKey: self._keys}
        return [made(request, row) for model, made in own.items() if self.may_view(request, model)]

    def _log_ins(self, request: HttpRequest, user: User) -> Section:
        page = self.section_of(LogIn)
        lines = [
            Line(
                [
                    Link.to(log_in, when(log_in.created_at)),
                    log_in.get_means_display(),
                    log_in.user_agent or "-",
                    log_in.address or "-",
                    when(log_in.renewed_at),
                    "live" if log_in.is_live() else when(log_in.ended_at),
                ],
                page.placed_buttons(request, log_in),
            )
            for log_in in LogIn.objects.filter(user=user).select_related("user")[:SHOWN]
        ]
        columns = ("Since", "Means", "Device", "Address", "Renewed", "Ended")
        more = Link.to_list(LogIn, "All log-ins", user__id__exact=user.pk)
        return Section("Log-ins", columns, lines, more)

    def _keys(self, request: HttpRequest, user: User) -> Section:
        page = self.section_of(ApiKey)
        lines = [
            Line(
                [
                    Link.to(key, key.name),
                    f"{key.hint}…",
                    ", ".join(key.scopes),
                    when(key.last_used_at),
                    "live" if key.is_live() else when(key.ended_at),
                ],
                page.placed_buttons(request, key),
            )
            for key in ApiKey.objects.filter(user=user).select_related("user")[:SHOWN]
        ]
        columns = ("Name", "Begins", "Scopes", "Last used", "Ended")
        more = Link.to_list(ApiKey, "All API keys", user__id__exact=user.pk)
        return Section("API keys", columns, lines, more)


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def _may_touch(actor: Any, user: User | None) -> bool:
    """
    Superusers touch everybody; other staff only themselves and who is not staff.

    Whoever could set the password of somebody with more rights would have them.
    """
    if user is None or actor.is_superuser or user.pk == actor.pk:
        return True
    return not (user.is_staff or user.is_superuser)


def _without(options: dict[str, Any], field: str) -> dict[str, Any]:
    return {**options, "fields": tuple(name for name in options["fields"] if name != field)}
