"""Rows held until a transaction ends, so that what was checked is true when it is written."""

from accounts.models import User
from accounts.statements import Select, given
from agents.exceptions import AgentNotFound
from agents.models import Agent

HELD_USER = Select(
    User.objects.select_for_update(no_key=True).filter(**given(User, "id")).values_list("pk")
)


def hold_names() -> None:
    """
    Until the transaction ends, nobody else names anything or moves the default flag.

    A name may be neither another agent's nor an alias, which no constraint can say of two tables.
    The oldest agent's row stands for all names.
    """
    Agent.objects.select_for_update(no_key=True).order_by("pk").values("pk").first()


def hold_agent(agent: Agent, *, from_runs: bool = False) -> Agent:
    """
    The agent as it is now, and until the transaction ends nobody else changes it.

    With `from_runs` no run of it can be committed either. Raises AgentNotFound if it was deleted.
    """
    rows = Agent.objects.select_for_update(no_key=not from_runs)
    row = rows.filter(pk=agent.pk).first()
    if row is None:
        raise AgentNotFound(f"The agent {agent.name!r} has been deleted.")
    return row


def hold_user(user: User) -> None:
    """
    Until the transaction ends, nobody else starts a run of this user.

    After the thread's row, in the order in which a deletion of the user locks them.
    """
    HELD_USER.first(id=user.pk)
