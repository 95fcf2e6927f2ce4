"""Paths under `/api/auth/`; the trailing slash is optional."""

from django.urls import re_path

import accounts.api.openapi  # noqa: F401 - for the schema of these paths
from accounts.api import views

urlpatterns = [
    re_path(r"^token/?$", views.TokenView.as_view(), name="auth-token"),
    re_path(r"^token/refresh/?$", views.RefreshView.as_view(), name="auth-refresh"),
    re_path(r"^link/?$", views.LinkView.as_view(), name="auth-link"),
    re_path(r"^me/?$", views.MeView.as_view(), name="auth-me"),
    re_path(r"^ticket/?$", views.TicketView.as_view(), name="auth-ticket"),
]
