"""Nothing is read but the tables, nothing is written, and who asks for too much is told so."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psutil
import pytest
from duckdb import DuckDBPyConnection

from agents.analytics.children import ENVIRONMENT, command
from agents.analytics.duck import connect
from agents.analytics.parts import Contents, part_files
from agents.analytics.querying.asking import CHILD, ask
from agents.analytics.querying.checking import Refused, tables_of
from agents.analytics.querying.functions import FUNCTIONS, TABLE_FUNCTIONS
from agents.analytics.querying.running import make_view, parsed
from tests.agents.analytics.offspring import offspring
from tests.agents.analytics.querying.hostile import BOMBS, LARGE, REFUSED, STATEMENTS

ANSWERED_WITHIN = 7.0
MIB = 1024 * 1024


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def test_there_are_enough_of_them() -> None:
    assert len({text for _, text in STATEMENTS}) >= 110


@pytest.fixture(scope="module")
def parser() -> Iterator[DuckDBPyConnection]:
    """It has no table and may open no file."""
    with connect() as connection:
        yield connection


@pytest.mark.parametrize(("want", "sql"), STATEMENTS)
def test_a_hostile_statement_is_refused_by_its_form(
    parser: DuckDBPyConnection, want: str, sql: str
) -> None:
    with pytest.raises((Refused, duckdb.ParserException)):
        tables_of(parsed(parser, sql)[1], {"log"})


async def test_hostile_statements_are_answered_by_the_child_too(sample_directory: Path) -> None:
    for want in REFUSED:
        with pytest.raises(Refused):
            await ask(lines(REFUSED[want])[0], {"log": Contents.of(sample_directory)})
    for text in ("SELECT '\ud800'", "SELECT " + "[" * 8000 + "1" + "]" * 8000, "", "SELECT 1\x00"):
        with pytest.raises(Refused):
            await ask(text, {"log": Contents.of(sample_directory)})


def test_the_engine_itself_opens_nothing_else(sample_directory: Path, tmp_path: Path) -> None:
    """What is refused by its form would fail as well if it were not."""
    secret, out = tmp_path / "secret.csv", tmp_path / "out"
    secret.write_text("a,b\n1,2\n")
    other = tmp_path / "part-0.parquet"
    other.write_bytes(part_files(sample_directory)[0].read_bytes())
    extension = tmp_path / "evil.duckdb_extension"
    extension.write_bytes(b"\x7fELF")
    attempts = [
        f"SELECT * FROM '{secret}'",
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM read_text('{secret}')",
        f"SELECT * FROM read_blob('{tmp_path}/*')",
        f"SELECT * FROM read_parquet('{other}')",
        f"SELECT * FROM read_parquet('{sample_directory}/*.parquet')",
        f"SELECT * FROM read_parquet('{sample_directory}/../*/part-0.parquet')",
        f"SELECT * FROM glob('{tmp_path}/*')",
        f"SELECT * FROM sniff_csv('{secret}')",
        f"SELECT * FROM query('FROM ''{secret}''')",
        f"COPY (SELECT 1) TO '{out}'",
        f"COPY log TO '{sample_directory}/part-9.parquet'",
        f"EXPORT DATABASE '{out}'",
        f"ATTACH '{out}' AS other",
        "CREATE SECRET s (TYPE s3)",
        f"LOAD '{extension}'",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('https://127.0.0.1:1/x.csv')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '100GB'",
        "SET lock_configuration = false",
        "RESET lock_configuration",
        "SET GLOBAL temp_directory = '/tmp'",
        "PRAGMA enable_profiling = 'json'; PRAGMA profiling_output = '/tmp/x'; SELECT 1",
        f"CALL enable_logging(storage = 'file', storage_path = '{out}')",
        "SELECT getenv('HOME')",
    ]
    before = {*tmp_path.rglob("*"), *sample_directory.rglob("*")}
    log = Contents.of(sample_directory)
    with connect(readable=log.readable) as connection:
        make_view(connection, "log", log)
        for attempt in attempts:
            with pytest.raises(duckdb.Error):
                connection.execute(attempt).fetchall()
    assert {*tmp_path.rglob("*"), *sample_directory.rglob("*")} == before


def test_every_function_that_may_be_used_is_listed_by_hand() -> None:
    """What opens files or tells of the process is not among them, under none of its names."""
    known = {
        str(name).lower(): str(kind)
        for name, kind in duckdb.execute(
            "SELECT function_name, function_type FROM duckdb_functions() ORDER BY function_type"
        ).fetchall()
    }
    doors = ("read_", "parquet_", "duckdb_", "pragma_", "pg_", "has_", "current_s", "copy", "query")
    assert not [name for name in FUNCTIONS if name.startswith(doors)]
    assert not {kind for name, kind in known.items() if name in FUNCTIONS} & {"pragma"}
    assert {"range", "generate_series", "unnest"} == TABLE_FUNCTIONS


def resident() -> float:
    return psutil.Process().memory_info().rss / MIB


@pytest.mark.parametrize("sql", lines(BOMBS["memory"]))
async def test_a_memory_bomb_is_refused_and_costs_us_nothing(
    sample_directory: Path, sql: str
) -> None:
    before, begun = resident(), time.monotonic()
    with pytest.raises(Refused, match=r"memory|too long|longer than|maximum"):
        await ask(sql, {"log": Contents.of(sample_directory)}, seconds=2)
    assert time.monotonic() - begun < ANSWERED_WITHIN
    assert resident() - before < 20


async def test_what_never_ends_is_ended(sample_directory: Path) -> None:
    """With the time that a query really has; all three at once, as impatient users would."""
    begun = time.monotonic()
    asked = [ask(sql, {"log": Contents.of(sample_directory)}) for sql in lines(BOMBS["time"])]
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(answer, Refused)
        assert "too long" in str(answer) or "longer than 4 s" in str(answer)
    assert time.monotonic() - begun < ANSWERED_WITHIN
    assert not offspring(CHILD)


@pytest.mark.parametrize("sql", LARGE)
async def test_a_huge_result_is_cut(sample_directory: Path, sql: str) -> None:
    before = resident()
    answer = await ask(sql, {"log": Contents.of(sample_directory)}, seconds=2)
    assert len(answer.rows) <= 200
    assert len(json.dumps(answer.rows)) < 40_000
    assert resident() - before < 20


# F62
async def test_a_cancelled_query_leaves_no_process(sample_directory: Path) -> None:
    log = Contents.of(sample_directory)
    asking = asyncio.create_task(ask(lines(BOMBS["time"])[0], {"log": log}))
    await asyncio.sleep(0.5)
    children = offspring(CHILD)
    assert children
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not any(child.is_running() for child in children)


# F62
def test_a_child_does_not_outlive_who_asked(sample_directory: Path) -> None:
    """Whoever kills a worker kills its queries: the kernel sees to it."""
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from agents.analytics.parts import Contents\n"
        "from agents.analytics.querying.asking import ask\n"
        "asyncio.run(ask(sys.argv[1], {'log': Contents.of(Path(sys.argv[2]))}, seconds=60))\n"
    )
    bomb = lines(BOMBS["time"])[0]
    python = command("x")[0]
    worker = subprocess.Popen([python, "-c", program, bomb, sample_directory], env=ENVIRONMENT)
    try:
        while (
            not (children := offspring(CHILD, worker.pid)) or not children[0].cpu_times().user > 0.3
        ):
            time.sleep(0.02)
    finally:
        worker.kill()
        worker.wait()
    _, left = psutil.wait_procs(children, timeout=5)
    assert not left


def test_a_child_is_told_nothing_of_its_surroundings(sample_directory: Path) -> None:
    assert set(ENVIRONMENT) == {"PYTHONPATH", "PYTHONUTF8"}
    request = {
        "sql": "SELECT count(*) FROM log",
        "seconds": 4,
        "tables": {"log": str(sample_directory)},
        "parent": os.getpid() + 1,  # somebody else, who is gone
    }
    done = subprocess.run(
        command(CHILD),
        input=json.dumps(request).encode(),
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (os.EX_TEMPFAIL, b"")
