"""The tool for questions that no other tool answers: SQL over the user's own data sets."""

import asyncio
import functools
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from pydantic import BaseModel

from agents.analytics.querying.asking import ask
from agents.analytics.querying.checking import Refused
from agents.analytics.querying.files import Source
from agents.analytics.querying.naming import LOG, STEPS, table_names
from agents.analytics.querying.places import Places
from agents.analytics.steps import STEPS as STEPS_TABLE
from agents.exceptions import ToolError
from agents.tools.base import Call, tool
from agents.tools.contents import contents_of
from agents.tools.datasets import required
from agents.tools.handles import DatasetHandle

TABLES_SHOWN = 20


class QueryTable(BaseModel):
    """
    A table that a query may read: a data set, or what stands beside it, by the name in SQL.

    `rows` is None for tool calls, which nobody has counted.
    """

    table: str
    dataset: str
    dataset_id: str
    rows: int | None


class QueryColumn(BaseModel):
    """`type` is DuckDB's."""

    name: str
    type: str


class QueryResult(BaseModel):
    """
    `rows` have their values in the order of `columns`.

    Decimals and integers beyond 2^53 are text with all their digits, times ISO 8601 in UTC,
    intervals seconds, bytes hexadecimal, NaN and infinity text. Longer texts than 1,000 characters
    are cut.
    """

    columns: list[QueryColumn]
    rows: list[list[Any]]
    row_count: int  # of `rows`
    truncated: bool  # there are more rows than these
    computed_from: list[QueryTable]  # that the query reads
    other_tables: list[QueryTable]  # that it could read
    notes: list[str] = []  # sentences


@tool(read_only=True, timeout_seconds=40)
async def query_data(call: Call, sql: str, dataset: str | None = None) -> QueryResult:
    """
    Answer a question that the other tools do not, with one read-only SQL query (DuckDB's dialect).

    Prefer the other tools: they know what the data cannot say. Here you have to mind that yourself.

    Tables: `log` is the data set of the run (or `dataset`), and each data set of the user has a
    table of its own, named as the data set in lower case with _ for all but letters and digits, so
    "Usage July.csv" is usage_july_csv; the result lists them. All have the same columns, one row
    per request or per sum of requests, NULL where the source did not say:
    timestamp TIMESTAMP (UTC, when the request began), model, provider, feature, user_id, project,
    session_id, request_id, tier (standard, batch, flex or priority), status (as the log writes it),
    error, prompt_hash (equal for equal prompts) VARCHAR, is_error BOOLEAN (NULL: unknown),
    latency_ms and ttft_ms DOUBLE (milliseconds to the end and to the first token),
    cost_usd DECIMAL(18,10) (US dollars), and BIGINT: requests (in this row: 1, more in a sum, 0 if
    unknown; count requests with sum(requests)), input_tokens (cached ones included),
    output_tokens, cached_tokens (read from a cache), cache_write_tokens, long_cache_write_tokens
    (of these, kept for an hour), reasoning_tokens (of the output).

    If `log` is a session log of a coding assistant, `steps` has its tool calls: timestamp,
    session_id, chain (the context), request (which asked for it, numbered in its chain), enters and
    leaves (the first request that carried the result, and the first that did not any more), tool,
    action (read, search, edit, run, agent or other), target (path, pattern or command), is_error,
    head (how an error begins), argument_tokens, result_tokens, place (in the file).

    One SELECT, WITH … SELECT, VALUES or FROM …; no other statement, no files, no settings. At most
    200 rows and 32 KiB come back (`truncated` says so): group and order in SQL, and LIMIT. A query
    may take 4 seconds. Time is that of the log, not today's: count back from
    (SELECT max(timestamp) FROM log).

    Args:
        sql: Such as SELECT model, sum(requests) AS requests, sum(cost_usd) AS usd FROM log
            WHERE timestamp >= (SELECT max(timestamp) FROM log) - INTERVAL 7 DAYS
            GROUP BY model ORDER BY usd DESC LIMIT 20
        dataset: Id or name of the data set that `log` is; without it the run's chosen or newest.
    """
    chosen = required(call.deps, dataset)
    named, beside = _tables(call.deps.datasets, chosen), _beside(chosen)
    call.deps.note(f"Querying {chosen.name}")
    try:
        async with _places().place(call.deps.user_id), _opened(named) as sources:
            answer = await ask(sql, sources | beside)
    except Refused as error:
        raise ToolError(str(error)) from error
    read = {name.lower() for name in answer.tables}
    tables = {name: _described(name, handle, handle.rows) for name, handle in named.items()}
    tables |= {name: _described(name, chosen, None) for name in beside}
    others = [table for name, table in tables.items() if name not in read]
    return QueryResult(
        columns=[QueryColumn(name=name, type=type_) for name, type_ in answer.columns],
        rows=answer.rows,
        row_count=len(answer.rows),
        truncated=answer.is_cut,
        computed_from=[table for name, table in tables.items() if name in read],
        other_tables=others[:TABLES_SHOWN],
        notes=_notes([named[name] for name in sorted(read & named.keys())], is_cut=answer.is_cut),
    )


@asynccontextmanager
async def _opened(named: Mapping[str, DatasetHandle]) -> AsyncIterator[dict[str, Source]]:
    """What to open for each data set as it is now; in threads, for it may ask the database."""
    handles = {handle.id: handle for handle in named.values()}
    with ExitStack() as opened:
        # Each once, though it may have two names: a live one changes between two looks at it.
        contents = await asyncio.to_thread(
            lambda: {
                id_: opened.enter_context(contents_of(handle)) for id_, handle in handles.items()
            }
        )
        yield {name: contents[handle.id] for name, handle in named.items()}


@functools.cache
def _places() -> Places:
    """Of this process; lives on its event loop."""
    return Places()


def _tables(datasets: tuple[DatasetHandle, ...], chosen: DatasetHandle) -> dict[str, DatasetHandle]:
    """What each name means, `log` first."""
    names = table_names((handle.id, handle.name) for handle in datasets)
    return {LOG: chosen} | {names[handle.id]: handle for handle in datasets}


def _beside(chosen: DatasetHandle) -> dict[str, Source]:
    """What stands beside the requests of the log."""
    file = STEPS_TABLE.file(chosen.directory.resolve())
    return {STEPS: file} if file.is_file() else {}


def _described(name: str, handle: DatasetHandle, rows: int | None) -> QueryTable:
    return QueryTable(table=name, dataset=handle.name, dataset_id=handle.id, rows=rows)


def _notes(read: list[DatasetHandle], *, is_cut: bool) -> list[str]:
    """What bends the figures of a query that does not mind it."""
    sums = dict.fromkeys(handle.name for handle in read if handle.profile.rows_are == "sums")
    found = [
        f"Each row of {name} is a sum of requests: count them with sum(requests), not count(*)."
        for name in sums
    ]
    if is_cut:
        found.append("There are more rows than these. Group or order them in SQL, or use LIMIT.")
    return found
