"""The chat page, and what REST streams."""

from django.urls import include, path

from agents.api.urls import RUN, at
from realtime import views
from realtime.api import RunEventsView

urlpatterns = [
    path("", views.chat, name="chat"),
    path("api/", include([at(f"runs/{RUN}/events", RunEventsView, "run-events")])),
]
