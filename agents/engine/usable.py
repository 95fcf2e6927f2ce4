"""Which agents this worker cannot run, and why: only it knows its keys and what is installed."""

from django.conf import settings

from accounts.exceptions import NetraError
from agents.engine.building import toolset_for
from agents.llm.providers import model_named
from agents.models import Agent, AgentVersion


def unusable_versions() -> dict[str, str]:
    """The current versions of enabled agents that would fail here at once: id and why."""
    versions = AgentVersion.objects.filter(pk__in=Agent.objects.ready().values("current"))
    found = {str(version.pk): problem_with(version) for version in versions}
    return {version: problem for version, problem in found.items() if problem}


def problem_with(version: AgentVersion) -> str | None:
    """Why a run of this version would fail in this process, or None."""
    try:
        toolset_for(tuple(version.tools))
        model_named(version.model or settings.MODEL, plan=version.plan)
    except NetraError as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - an extension's provider may raise anything
        return f"The model cannot be made: {type(error).__name__}."
    return None
