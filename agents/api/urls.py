"""Paths under `/api/`; the trailing slash is optional."""

from django.urls import URLPattern

from agents.api import datasets

urlpatterns: list[URLPattern] = [*datasets.urlpatterns]
