"""Paths under `/api/`; the trailing slash is optional."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
