"""Deleting agents."""

from django.db import transaction

from agents.exceptions import InvalidInput
from agents.models import Agent, Run


@transaction.atomic
def delete_agent(agent: Agent) -> None:
    """Delete an agent with its versions; raises InvalidInput if it has ever run."""
    row = Agent.objects.select_for_update().get(pk=agent.pk)
    if Run.objects.filter(agent=row).exists():
        raise InvalidInput(f"{row.name!r} has runs, which keep it. Disable it instead.")
    # A version is protected while it is the current one.
    Agent.objects.filter(pk=row.pk).update(current=None)
    row.delete()
