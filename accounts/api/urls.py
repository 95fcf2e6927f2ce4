"""Paths under `/api/auth/`; the trailing slash is optional."""

from django.urls import re_path

import accounts.api.openapi  # noqa: F401 - for the schema of these paths
from accounts.api import entrance, views

KEY_ID = r"(?P<key_id>[0-9]{1,18})"

urlpatterns = [
    re_path(r"^token/?$", entrance.TokenView.as_view(), name="auth-token"),
    re_path(r"^token/refresh/?$", entrance.RefreshView.as_view(), name="auth-refresh"),
    re_path(r"^token/verify/?$", entrance.VerifyView.as_view(), name="auth-verify"),
    re_path(r"^link/?$", entrance.LinkView.as_view(), name="auth-link"),
    re_path(r"^register/?$", entrance.RegisterView.as_view(), name="auth-register"),
    re_path(r"^logout/?$", entrance.LogoutView.as_view(), name="auth-logout"),
    re_path(r"^logout-all/?$", views.LogoutAllView.as_view(), name="auth-logout-all"),
    re_path(r"^me/?$", views.MeView.as_view(), name="auth-me"),
    re_path(r"^password/?$", views.PasswordView.as_view(), name="auth-password"),
    re_path(r"^password/reset/?$", entrance.ResetView.as_view(), name="auth-password-reset"),
    re_path(r"^ticket/?$", views.TicketView.as_view(), name="auth-ticket"),
    re_path(r"^keys/?$", views.KeysView.as_view(), name="auth-keys"),
    re_path(rf"^keys/{KEY_ID}/?$", views.KeyView.as_view(), name="auth-key"),
]
