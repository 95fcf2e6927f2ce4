"""Asking again what an ended run was asked."""

from uuid import UUID

from agents.exceptions import InvalidInput, RunNotFound
from agents.models import Run
from agents.services.requests import run_request
from agents.services.runs import Started, start_run


def retry_run(run_id: UUID) -> Started:
    """
    Start a run with the text, agent, parameters and context of an ended one, in its thread and for
    its user; the agent's configuration is that of today.

    Raises RunNotFound, InvalidInput for a run that is live, is part of another one or whose user is
    not active, and what `start_run` raises.
    """
    run = Run.objects.select_related("user", "thread", "agent").filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(f"There is no run {run_id}.")
    if not run.is_terminal:
        raise InvalidInput("The run is live. Wait for its end, or cancel it.")
    if run.parent_id is not None:
        raise InvalidInput("The run is part of another one. Retry that one.")
    if not run.user.is_active:
        raise InvalidInput(f"{run.user} is not active.")
    request = run_request(
        text=run.input,
        agent=run.agent.name,
        thread=run.thread.key,
        parameters=run.parameters,
        context=run.context,
    )
    return start_run(user=run.user, request=request)
