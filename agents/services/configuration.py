"""Changing what an agent does: one validation and one history for REST, the admin and rollback."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from pydantic import ValidationError

from accounts.models import User
from agents.exceptions import VersionConflict, VersionNotFound
from agents.models import Agent, AgentVersion
from agents.services.content import AgentConfiguration
from agents.services.holding import hold_agent
from agents.services.problems import Problems, problems_of, problems_with_reason, refuse
from agents.services.tools import problem_with_model


def configure_agent(
    *,
    agent: Agent,
    changes: Mapping[str, Any],
    by: User | None,
    source: AgentVersion.Source,
    reason: str = "",
    expected_version: int | None = None,
) -> AgentVersion:
    """
    Change fields of an agent's configuration; returns the version that its next run uses.

    `changes` holds any fields of `AgentConfiguration`; the others stay as they are now, so two
    callers who change different fields both have their way. A new version is made only if the
    content differs. Raises InvalidInput with every problem by field in `details`, and
    VersionConflict if `expected_version` is given and is not the current one any more.
    """
    signed = {"created_by": by, "source": source, "reason": reason}
    return _change(agent, changes, signed, expected_version, problems_with_reason(reason))


def _change(
    agent: Agent,
    changes: Mapping[str, Any],
    signed: Mapping[str, Any],
    expected_version: int | None,
    problems: Problems,
) -> AgentVersion:
    while True:
        current = current_version(agent)
        if expected_version not in (None, current.number):
            raise VersionConflict(
                f"The agent was changed meanwhile: it is at version {current.number} now. "
                "Look at it, and change that one.",
                details={"version": current.number},
            )
        content = {**current.content(), **changes}
        refuse({**problems, **problems_in(content)})
        wanted = AgentConfiguration.model_validate(content).content()
        if canonical(wanted) == canonical(current.content()):
            return current
        if version := _replace(agent, current, {**wanted, **signed}):
            return version


def roll_back(
    *,
    agent: Agent,
    by: User | None,
    source: AgentVersion.Source,
    number: int,
    reason: str = "",
    expected_version: int | None = None,
) -> AgentVersion:
    """
    Give the agent the content of an earlier version again, as a new version.

    Raises VersionNotFound, and what `configure_agent` raises: an old content may name a tool that
    is not installed any more.
    """
    content = find_version(agent=agent, number=number).content()
    why = f"Back to version {number}. {reason}".strip()
    signed = {"created_by": by, "source": source, "reason": why}
    return _change(agent, content, signed, expected_version, problems_with_reason(reason))


def find_version(*, agent: Agent, number: int) -> AgentVersion:
    """Raises VersionNotFound."""
    version = agent.versions.select_related("agent", "created_by").filter(number=number).first()
    if version is None:
        raise VersionNotFound(f"The agent {agent.name!r} has no version {number}.")
    return version


def current_version(agent: Agent) -> AgentVersion:
    """As the database has it now."""
    related = AgentVersion.objects.select_related("agent", "created_by")
    version = related.filter(pk__in=Agent.objects.filter(pk=agent.pk).values("current")).first()
    if version is None:
        raise VersionNotFound(f"The agent {agent.name!r} has no version.")
    return version


def problems_in(
    content: Mapping[str, Any], *, known: Iterable[str] = AgentConfiguration.model_fields
) -> Problems:
    """
    What is wrong with a whole configuration, by field; empty if it can be used.

    `known` are the fields that a caller who gave another one is told of.
    """
    try:
        AgentConfiguration.model_validate(dict(content))
    except ValidationError as error:
        return problems_of(error, known=known)
    return {}


def warnings_for(version: AgentVersion) -> Problems:
    """
    What is right, and yet may keep runs from working, by field.

    A provider's key may be set for the workers only, so a model that cannot be used here is told
    and not refused.
    """
    problem = problem_with_model(version.model or settings.MODEL)
    return {"model": [problem]} if problem else {}


def write_version(agent: Agent, fields: Mapping[str, Any]) -> AgentVersion:
    """Append a version and make it the current one. The caller holds the agent's row."""
    last = agent.versions.aggregate(last=Max("number"))["last"] or 0
    agent.current = AgentVersion.objects.create(agent=agent, number=last + 1, **fields)
    agent.save(update_fields=["current"])
    return agent.current


def canonical(content: Mapping[str, Any]) -> str:
    """One text for equal contents; `==` would not tell 1 from true."""

    def money(amount: Decimal) -> str:
        return f"{amount:.4f}"

    return json.dumps(content, sort_keys=True, default=money)


@transaction.atomic
def _replace(agent: Agent, seen: AgentVersion, fields: Mapping[str, Any]) -> AgentVersion | None:
    """Write the version that follows `seen`; None if another one was quicker."""
    row = hold_agent(agent)
    if row.current_id != seen.pk:
        return None
    agent.current = write_version(row, fields)
    return agent.current
