"""Deleting agents."""

from django.db import transaction

from agents.exceptions import InvalidInput
from agents.models import Agent, Run
from agents.services.holding import hold_agent


@transaction.atomic
def delete_agent(agent: Agent) -> None:
    """Delete an agent with its versions; raises AgentNotFound, and InvalidInput if it has run."""
    row = hold_agent(agent, from_runs=True)
    if Run.objects.filter(agent=row).exists():
        raise InvalidInput(f"{row.name!r} has runs, which keep it. Disable it instead.")
    # A version is protected while it is the current one.
    Agent.objects.filter(pk=row.pk).update(current=None)
    row.delete()
