"""Paths under `/api/`; the trailing slash is optional."""

from django.urls import re_path

from agents.api import agents, datasets, runs, threads

NAME = r"(?P<name>[\w-]{1,63})"
RUN = r"(?P<run_id>[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12})"
KEY = r"(?P<key>[A-Za-z0-9._:-]{1,128})"

urlpatterns = [
    *datasets.urlpatterns,
    re_path(r"^agents/?$", agents.AgentsView.as_view(), name="agents"),
    re_path(r"^discovery/agents/?$", agents.AgentsView.as_view(), name="discovery-agents"),
    re_path(rf"^agents/{NAME}/?$", agents.AgentView.as_view(), name="agent"),
    re_path(rf"^agents/{NAME}/config/?$", agents.AgentConfigView.as_view(), name="agent-config"),
    re_path(rf"^agents/{NAME}/runs/?$", agents.AgentRunsView.as_view(), name="agent-runs"),
    re_path(r"^runs/?$", runs.RunsView.as_view(), name="runs"),
    re_path(rf"^runs/{RUN}/?$", runs.RunView.as_view(), name="run"),
    re_path(rf"^runs/{RUN}/cancel/?$", runs.RunCancelView.as_view(), name="run-cancel"),
    re_path(rf"^runs/{RUN}/events/?$", runs.RunEventsView.as_view(), name="run-events"),
    re_path(rf"^runs/{RUN}/calls/(?P<call_id>\w+)/?$", runs.RunCallView.as_view(), name="run-call"),
    re_path(r"^threads/?$", threads.ThreadsView.as_view(), name="threads"),
    re_path(rf"^threads/{KEY}/?$", threads.ThreadView.as_view(), name="thread"),
    re_path(
        rf"^threads/{KEY}/messages/?$",
        threads.ThreadMessagesView.as_view(),
        name="thread-messages",
    ),
]
