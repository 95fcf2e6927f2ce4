"""Which agents this worker cannot run, and why: only it knows its keys and what is installed."""

import functools
import logging
import threading

from django.conf import settings

from accounts.database import DATABASE_AWAY, on_thread
from accounts.exceptions import NetraError
from agents.engine.building import toolset_for
from agents.llm.providers import problem_with
from agents.models import Agent, AgentVersion

logger = logging.getLogger(__name__)

LOOK_SECONDS = 10  # a new version of an agent is looked at within this time


class Lookout(threading.Thread):
    """
    Looks at the agents again and again.

    On a thread of its own: a provider takes 2 s to import, or 8 s where many start at once, and
    the maintenance has leases of 8 s to keep.
    """

    def __init__(self) -> None:
        super().__init__(name="netra-lookout", daemon=True)
        self._stopped = threading.Event()
        self.unusable: dict[str, str] = {}

    def stop(self) -> None:
        """Without waiting for a look that is under way."""
        self._stopped.set()

    def run(self) -> None:
        while True:
            try:
                on_thread(self.look)
            except DATABASE_AWAY as error:
                logger.warning("Look at agents put off", extra={"reason": str(error)})
            except Exception:
                logger.exception("Look at agents failed")
            if self._stopped.wait(LOOK_SECONDS):
                break

    def look(self) -> None:
        self.unusable = unusable_versions()


def unusable_versions() -> dict[str, str]:
    """The current versions of enabled agents that would fail here at once: id and why."""
    versions = AgentVersion.objects.filter(pk__in=Agent.objects.ready().values("current"))
    problem_with_model = functools.cache(problem_with)  # making one takes 17 ms
    found: dict[str, str] = {}
    for pk, tools, model, plan in versions.values_list("pk", "tools", "model", "plan"):
        problem = _problem_with_tools(tools) or problem_with_model(
            model or settings.MODEL, plan=plan
        )
        if problem:
            found[str(pk)] = problem
    return found


def _problem_with_tools(tools: list[str]) -> str | None:
    try:
        toolset_for(tuple(tools))
    except NetraError as error:
        return error.message
    return None
