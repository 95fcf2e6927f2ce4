"""Which of the data sets of a run a call means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.exceptions import ToolError
from agents.tools.base import ToolContext
from agents.tools.handles import DatasetHandle

NAMES_SHOWN = 10
SHORTEST_NAME = 3  # characters; a shorter name stands in too many questions by chance

HOW_TO_PROVIDE = (
    "Upload a usage log: CSV with a header line, JSON Lines or Parquet, one row per request.",
    'REST: POST /api/datasets with the file as the multipart field "file".',
    "Command line: python manage.py ask --file usage.csv 'Where does the money go?'",
    "Live: point an application's OpenTelemetry exporter at /v1/traces, with an API key.",
    "The columns that help most: timestamp, model, input_tokens, output_tokens, latency_ms, "
    "cost_usd, status, user, feature and prompt_hash. Other usual names are recognised.",
)


@dataclass(frozen=True, slots=True)
class Selection:
    """A data set and why it is the one."""

    handle: DatasetHandle
    why: str


def select(context: ToolContext, wanted: str | None, question: str = "") -> Selection | None:
    """
    The data set that a call means: `wanted` (id or name), else the run's chosen one, else one that
    the question names, else the newest own one, else a shared one. None when there is none at all.

    Raises ToolError for an id or a name that the user does not have, naming those there are.
    """
    for name, why in (
        (wanted, "It was asked for."),
        (context.chosen, "It was chosen for this run."),
    ):
        if name:
            return Selection(_named(context.datasets, name), why)
    if handle := _mentioned(context.datasets, question):
        return Selection(handle, "The question names it.")
    for handle in context.datasets:
        if not handle.is_shared:
            return Selection(handle, "It is your newest data set.")
    for handle in context.datasets:
        return Selection(handle, "You have no data set of your own; this one is shared.")
    return None


def required(context: ToolContext, wanted: str | None) -> DatasetHandle:
    """The data set that a call means; raises ToolError, saying how to provide one, if none is."""
    selection = select(context, wanted)
    if selection is None:
        raise ToolError("There is no data set yet. " + " ".join(HOW_TO_PROVIDE))
    return selection.handle


def _named(datasets: Sequence[DatasetHandle], wanted: str) -> DatasetHandle:
    folded = wanted.strip().casefold()
    for handle in datasets:
        if folded in (handle.id.casefold(), handle.name.casefold()):
            return handle
    names = ", ".join(repr(handle.name) for handle in datasets[:NAMES_SHOWN])
    there_are = f"There are {names}." if names else " ".join(HOW_TO_PROVIDE)
    raise ToolError(f"There is no data set {wanted[:80]!r}. {there_are}")


def without_name(handle: DatasetHandle, question: str) -> str:
    """The question without the data set's name, in which values of the data may stand."""
    return _name_pattern(handle).sub(" ; ", question) if _can_be_mentioned(handle) else question


def _mentioned(datasets: Sequence[DatasetHandle], question: str) -> DatasetHandle | None:
    """The data set with the longest name that stands in the question as words of their own."""
    found = [
        handle
        for handle in datasets
        if _can_be_mentioned(handle) and _name_pattern(handle).search(question)
    ]
    return max(found, key=lambda handle: len(handle.name), default=None)


def _can_be_mentioned(handle: DatasetHandle) -> bool:
    return len(handle.name) >= SHORTEST_NAME


def _name_pattern(handle: DatasetHandle) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(handle.name)}(?!\w)", re.IGNORECASE)
