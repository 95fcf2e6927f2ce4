"""Paths under `/api/`; the trailing slash is optional."""

from typing import Any

from django.urls import URLPattern, re_path

from agents.api import agents, configuration, datasets, runs, status, threads, tools

NAME = r"(?P<name>[\w-]{1,63})"
RUN = r"(?P<run_id>[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12})"
KEY = r"(?P<key>[A-Za-z0-9._:-]{1,128})"
CALL = r"(?P<call_id>\w+)"
NUMBER = r"(?P<number>[0-9]{1,9})"


def at(path: str, view: type[Any], name: str) -> URLPattern:
    pattern: URLPattern = re_path(rf"^{path}/?$", view.as_view(), name=name)
    return pattern


urlpatterns = [
    *datasets.urlpatterns,
    at("agents", agents.AgentsView, "agents"),
    # The names of these are reserved: no agent can have them.
    at("agents/list", agents.FoundAgentsView, "agents-list"),
    at("agents/status", status.AgentsStatusView, "agents-status"),
    at("agents/config", configuration.AgentsConfigView, "agents-config"),
    at("agents/execute", agents.ExecuteView, "agents-execute"),
    at(f"agents/{NAME}", agents.AgentView, "agent"),
    at(f"agents/{NAME}/config", configuration.AgentConfigView, "agent-config"),
    at(f"agents/{NAME}/versions", configuration.AgentVersionsView, "agent-versions"),
    at(f"agents/{NAME}/versions/{NUMBER}", configuration.AgentVersionView, "agent-version"),
    at(f"agents/{NAME}/rollback", configuration.AgentRollbackView, "agent-rollback"),
    at(f"agents/{NAME}/runs", agents.AgentRunsView, "agent-runs"),
    at("discovery/agents", agents.FoundAgentsView, "discovery-agents"),
    at("tools", tools.ToolsView, "tools"),
    at(f"tools/{NAME}", tools.ToolView, "tool"),
    at("runs", runs.RunsView, "runs"),
    at(f"runs/{RUN}", runs.RunView, "run"),
    at(f"runs/{RUN}/cancel", runs.RunCancelView, "run-cancel"),
    at(f"runs/{RUN}/approvals/{CALL}", runs.RunApprovalView, "run-approval"),
    at(f"runs/{RUN}/calls/{CALL}", runs.RunCallView, "run-call"),
    at("threads", threads.ThreadsView, "threads"),
    at(f"threads/{KEY}", threads.ThreadView, "thread"),
    at(f"threads/{KEY}/messages", threads.ThreadMessagesView, "thread-messages"),
]
