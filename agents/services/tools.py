"""
Tools and models as callers may name them, and how tools look to a model.

The only door through which a web process comes to pydantic-ai, which takes 0.5 s to import, and
providers up to 2 s: at the first request that needs them, never at start.
"""
# ruff: noqa: PLC0415 - for the reason above

import functools
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.exceptions import ExtensionFailed, ToolNotFound

if TYPE_CHECKING:
    from agents.tools.base import Tool

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToolDescription:
    """A tool as a model and a person see it."""

    name: str
    description: str
    parameters: dict[str, Any]  # JSON schema of the arguments, exactly as models get it
    read_only: bool
    idempotent: bool
    needs_approval: bool
    timeout_seconds: float


def describe_tools() -> list[ToolDescription]:
    """All that are installed, by name."""
    return [_described(tool) for _, tool in sorted(_installed().items())]


def describe_tool(name: str) -> ToolDescription:
    """Raises ToolNotFound."""
    tool = _installed().get(name)
    if tool is None:
        raise ToolNotFound(f"There is no tool named {name!r}. GET /api/tools lists what there is.")
    return _described(tool)


def missing_tools(names: Iterable[str]) -> list[str]:
    """Those of the names that no installed tool has."""
    installed = _installed()
    return [name for name in names if name not in installed]


def can_open(name: str) -> bool:
    """Whether the tool can begin a run: the engine calls it with the question and nothing else."""
    parameters = describe_tool(name).parameters
    required = set(parameters.get("required", []))
    return "question" in parameters.get("properties", {}) and required <= {"question"}


def is_known_model(name: str) -> bool:
    """Whether a model of this name can exist; its key may be missing."""
    from agents.llm.providers import is_known

    _installed()  # extensions bring providers
    return is_known(name)


def problem_with_model(name: str) -> str | None:
    """Why the model cannot be used in this process, or None."""
    from agents.llm.providers import problem_with

    _installed()
    return problem_with(name)


def _installed() -> Mapping[str, "Tool"]:
    from agents.tools.catalogue import installed_tools

    try:
        return installed_tools()
    except Exception as error:
        logger.exception("Extension failed")
        raise ExtensionFailed(
            f"An extension cannot be imported here: {type(error).__name__}. What NETRA_EXTENSIONS "
            "names has to be installed for the web server as for the workers."
        ) from error


@functools.cache  # building the schemas of four tools takes 30 ms
def _described(tool: "Tool") -> ToolDescription:
    from pydantic_ai import FunctionToolset

    (made,) = FunctionToolset([tool.function]).tools.values()
    return ToolDescription(
        name=made.tool_def.name,
        description=made.tool_def.description or "",
        parameters=made.tool_def.parameters_json_schema,
        read_only=tool.read_only,
        idempotent=tool.idempotent,
        needs_approval=tool.needs_approval,
        timeout_seconds=tool.timeout_seconds,
    )
