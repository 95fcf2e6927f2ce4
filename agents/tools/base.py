"""What a tool is, what it may touch, and the registry that finds one by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from pydantic_ai import RunContext

from agents.tools.handles import DatasetHandle


def _silent(note: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Everything a tool may touch: the data sets its run's user may read, and no others."""

    datasets: tuple[DatasetHandle, ...] = ()  # the user's own first, newest first, then shared ones
    user_id: int | None = None  # whose run it is
    chosen: str | None = None  # id or name of the data set that the run's parameters name
    notes: tuple[str, ...] = ()  # what there is to say of the data, before any of it is looked at
    note: Callable[[str], None] = _silent  # tells watchers how far a long call is; any thread


Call: TypeAlias = RunContext[ToolContext]
"""The first argument of a tool."""


@dataclass(frozen=True, slots=True)
class Tool:
    """
    A function that a model may call. Its docstring and types are what the model reads.

    A call that was cut off is made again without asking only if the tool is read-only or declared
    idempotent. With `needs_approval` somebody has to approve each call before it is made at all.
    """

    name: str
    function: Callable[..., Any]
    read_only: bool
    idempotent: bool
    needs_approval: bool
    timeout_seconds: float

    @property
    def may_repeat(self) -> bool:
        return self.read_only or self.idempotent


REGISTRY: dict[str, Tool] = {}

Function = TypeVar("Function", bound=Callable[..., Any])


def tool(
    *,
    read_only: bool = False,
    idempotent: bool = False,
    needs_approval: bool = False,
    timeout_seconds: float = 60,
) -> Callable[[Function], Function]:
    """Register a function `(call: Call, …) -> result` as a tool under its own name."""

    def register(function: Function) -> Function:
        name = function.__name__
        if name in REGISTRY:
            raise ValueError(f"There are two tools named {name!r}.")
        REGISTRY[name] = Tool(
            name, function, read_only, idempotent, needs_approval, timeout_seconds
        )
        return function

    return register
