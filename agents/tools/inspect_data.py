"""The tool that begins a run: which data set the question is about, and what it can answer."""

from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel

from agents.analytics.filters import SOURCE
from agents.analytics.naming import Column, NamedValue, named_values
from agents.analytics.occurring import occurring
from agents.analytics.profile import Profile, SkippedRow
from agents.analytics.schema import BY_NAME
from agents.analytics.steps import SESSION_FORMATS
from agents.analytics.wording import listing
from agents.tools.base import Call, tool
from agents.tools.contents import as_it_is_now, opened_table
from agents.tools.datasets import HOW_TO_PROVIDE, select, without_name
from agents.tools.handles import DatasetHandle
from agents.tools.results import explained, possible_groups

OTHERS_SHOWN = 10
IGNORED_SHOWN = 10
VALUES_SHOWN = 20  # of each column; users are too many, and no business of a model

SESSION_ANSWERS = (
    "as a session log of a coding assistant (analyze_sessions): what was read twice, which calls "
    "failed again and again",
    "which tool results are oversized and how long the context carried them",
    "how contexts grew, and when and why the prompt cache was missed",
)
"""Questions that only the steps of sessions answer."""

READ: dict[Column, int] = {"model": 500, "feature": 2000, "error": 500, "user": 10_000}
"""Columns whose values a question may name, and how many are compared with it."""


Phrases: TypeAlias = tuple[tuple[tuple[str, ...], str], ...]
"""What can be said, and the columns that it needs."""

_OF_REQUESTS: Phrases = (
    (("input_tokens",), "how many tokens go in"),
    (("output_tokens",), "how long answers are"),
    (("latency_ms",), "how long requests take"),
    (("ttft_ms",), "how long the first token takes"),
    (("is_error",), "how many requests fail"),
    (("cost_usd",), "what requests cost"),
    (("prompt_hash",), "how many requests repeat"),
    (("cached_tokens", "input_tokens"), "how much the prompt cache is used"),
)
_OF_SUMS: Phrases = (
    (("input_tokens",), "how many tokens go in"),
    (("output_tokens",), "how many tokens come out"),
    (("cost_usd",), "what was spent"),
    (("cached_tokens", "input_tokens"), "how much the prompt cache is used"),
)


class ColumnSummary(BaseModel):
    column: str
    meaning: str  # with the unit
    source: str  # the column's name in the file
    conversion: str | None
    filled: int  # rows with a value


class DatasetSummary(BaseModel):
    """A data set: its rows, its time, what it holds and what it lacks."""

    id: str
    name: str
    is_shared: bool
    format: str
    rows: int
    rows_are: Literal["requests", "sums"] = "requests"  # each row a request, or the sum of some
    bucket_seconds: int | None = None  # that a row sums up, if known
    first_timestamp: datetime | None
    last_timestamp: datetime | None
    columns: list[ColumnSummary]
    missing: list[str]  # normalised columns without values
    ignored: list[str]  # columns of the file that were not read
    skipped_rows: int
    skipped_examples: list[SkippedRow]
    warning: str | None = None  # to be said first: so many rows could not be read
    assumptions: list[str]
    values: dict[str, list[str]] = {}  # of model, feature and error, the most frequent


class OtherDataset(BaseModel):
    id: str
    name: str
    rows: int
    is_shared: bool


class Inspection(BaseModel):
    """
    Without any data set `dataset` is None, and `how_to_provide` says what to do. `notes` are to be
    told to the user, such as that a log which came with the message could not be read.
    """

    dataset: DatasetSummary | None
    why: str
    notes: list[str] = []
    answers: list[str] = []  # what questions this data set can answer
    named: list[NamedValue] = []  # values of the data that the question names
    others: list[OtherDataset] = []
    others_left_out: int = 0
    how_to_provide: list[str] = []


@tool(read_only=True)
def inspect_data(call: Call, question: str) -> Inspection:
    """
    Find the data set that fits a question, and say what it holds and what it lacks.

    Call it first. It returns the rows, the period, the columns with their units, the columns that
    are missing, what was assumed when the file was read, which models, features and errors there
    are, and those values that the question names. Without any data set it returns how the user can
    provide one.

    Args:
        question: The user's question, word for word.
    """
    selection = select(call.deps, None, question)
    if selection is None:
        return Inspection(
            dataset=None,
            why="There is no data set yet.",
            notes=list(call.deps.notes),
            how_to_provide=list(HOW_TO_PROVIDE),
        )
    with explained():
        chosen = as_it_is_now(selection.handle)
    values = _values(chosen)
    others = [handle for handle in call.deps.datasets if handle.id != chosen.id]
    return Inspection(
        dataset=_summary(chosen, values),
        why=selection.why,
        notes=list(call.deps.notes),
        answers=answers(chosen.profile),
        named=named_values(without_name(chosen, question), values),
        others=[
            OtherDataset(id=other.id, name=other.name, rows=other.rows, is_shared=other.is_shared)
            for other in others[:OTHERS_SHOWN]
        ],
        others_left_out=max(len(others) - OTHERS_SHOWN, 0),
    )


def answers(profile: Profile) -> list[str]:
    """What questions a data set with this profile can answer, as short phrases."""
    possible = _OF_REQUESTS if profile.rows_are == "requests" else _OF_SUMS
    found = [phrase for columns, phrase in possible if profile.has(*columns)]
    if profile.has("timestamp") and profile.tells_requests:
        found.insert(0, "how many requests come when")
    if not profile.has("cost_usd") and profile.has("model", "input_tokens", "output_tokens"):
        found.append("what requests cost at published prices")
    groups = [by.replace("_", " ") for by in possible_groups(profile)]
    if found and groups:
        found.append(f"all of this by {listing(groups, 'or')}")
    return [*found, *SESSION_ANSWERS] if profile.format in SESSION_FORMATS else found


def _values(handle: DatasetHandle) -> dict[Column, list[str]]:
    """The values that a question may name, the most frequent first."""
    with explained(), opened_table(handle) as table:
        return {
            column: occurring(table, column, most)
            for column, most in READ.items()
            if handle.profile.has(SOURCE[column])
        }


def _summary(handle: DatasetHandle, values: dict[Column, list[str]]) -> DatasetSummary:
    profile = handle.profile
    return DatasetSummary(
        id=handle.id,
        name=handle.name,
        is_shared=handle.is_shared,
        format=profile.format,
        rows=handle.rows,
        rows_are=profile.rows_are,
        bucket_seconds=profile.bucket_seconds,
        first_timestamp=profile.first_timestamp,
        last_timestamp=profile.last_timestamp,
        columns=[
            ColumnSummary(meaning=BY_NAME[source.column].meaning, **source.model_dump())
            for source in profile.columns
        ],
        missing=profile.missing,
        ignored=profile.ignored[:IGNORED_SHOWN],
        skipped_rows=profile.skipped_rows,
        skipped_examples=profile.skipped_examples,
        warning=profile.warning,
        assumptions=profile.assumptions,
        values={
            column: of_column[:VALUES_SHOWN]
            for column, of_column in values.items()
            if column != "user"
        },
    )
