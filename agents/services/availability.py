"""Whether agents can be asked now: is a worker alive that has what they need."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count

from accounts.models import User
from agents.models import Agent, Run, Worker
from agents.services.agents import find_agent

NO_WORKER = "No worker is running."
NOT_USABLE = "No running worker has the model's key and the tools that the agent needs."


@dataclass(frozen=True, slots=True)
class Availability:
    """Of one agent, now."""

    agent: Agent
    status: Literal["available", "unavailable"]
    message: str  # why not; empty if it is available
    problems: tuple[str, ...]  # what workers say; for staff only
    live_runs: int

    def summary(self) -> dict[str, Any]:
        """As it stands in `agent_status` and in REST."""
        assert self.agent.current is not None  # every agent that is found has one
        return {
            "agent": self.agent.name,
            "status": self.status,
            "message": self.message,
            "problems": list(self.problems),
            "live_runs": self.live_runs,
            "version": self.agent.current.number,
            "description": self.agent.description,
        }


def availability_of(agents: Sequence[Agent], *, user: User | AnonymousUser) -> list[Availability]:
    """Of each of the agents, in their order, for the eyes of `user`. Two queries."""
    # Workers look whether they can run each version; the web server may have none of their keys.
    workers = list(Worker.objects.alive().values_list("unusable", flat=True))
    live = Run.objects.live().filter(agent__in=agents)
    live_runs = dict(live.values_list("agent").annotate(Count("pk")))
    return [_availability(agent, workers, live_runs.get(agent.pk, 0), user) for agent in agents]


def status_of_agent(*, user: User, name: str) -> dict[str, Any]:
    """Raises AgentNotFound."""
    (found,) = availability_of([find_agent(user=user, name=name)], user=user)
    return found.summary()


def workers_alive() -> int:
    return Worker.objects.alive().count()


def _availability(
    agent: Agent, workers: Sequence[dict[str, str]], live_runs: int, user: User | AnonymousUser
) -> Availability:
    key = str(agent.current_id)
    problems = [unusable[key] for unusable in workers if key in unusable]
    is_available = len(problems) < len(workers)
    message = "" if is_available else NOT_USABLE if workers else NO_WORKER
    shown = tuple(sorted(set(problems))) if user.is_staff else ()
    status: Literal["available", "unavailable"] = "available" if is_available else "unavailable"
    return Availability(agent, status, message, shown, live_runs)
