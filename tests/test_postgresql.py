"""The promises hold on PostgreSQL as on SQLite: the same tests, run against it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.optional import missing
from tests.postgresql import PostgreSQL, binaries
from tests.stack import ROOT

DATABASE_TESTS = sorted(
    str(file.relative_to(ROOT))
    for file in (ROOT / "tests").rglob("test_*.py")
    if "mark.database" in file.read_text()
)
E2E = "tests/e2e/test_"
SUITES = {
    "database": ["-m", "database", *DATABASE_TESTS],
    "stacks": [
        *(f"{E2E}{name}.py" for name in ("golden_path", "sessions", "cancelling", "streams")),
        f"{E2E}approvals.py::test_calls_of_one_response_are_decided_on_in_any_order",
        f"{E2E}approvals.py::test_many_decisions_at_once_are_all_heard",
        f"{E2E}approvals.py::test_nobody_decides_on_runs_of_others",
        f"{E2E}approvals.py::test_a_decision_made_while_the_worker_is_killed_counts",
        f"{E2E}recovery.py::test_a_killed_workers_run_goes_on_and_repeats_no_finished_call",
        f"{E2E}recovery.py::test_a_frozen_worker_that_wakes_up_changes_nothing_any_more",
        f"{E2E}recovery.py::test_redis_killed_and_restarted_costs_no_socket_and_no_event",
        f"{E2E}outages.py::test_a_resume_goes_on_where_the_database_left_it",
        *("-m", "not waits"),
    ],
}
LONGEST_SECONDS = 600


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    if binaries() is None:
        missing("install PostgreSQL: apt-get install postgresql")
    started = PostgreSQL(tmp_path_factory.mktemp("postgresql"))
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.mark.waits
@pytest.mark.timeout(LONGEST_SECONDS)
@pytest.mark.parametrize("suite", SUITES)
def test_on_postgresql(server: PostgreSQL, suite: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"),
            # Threads of the tests keep pooled connections, so the database cannot be dropped.
            *("-W", "ignore:Error when trying to teardown:pytest.PytestWarning"),
            *(f"--basetemp={tmp_path / 'base'}", *SUITES[suite]),
        ],
        cwd=ROOT,
        env={**os.environ, "NETRA_TEST_DATABASE_URL": server.url},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-8000:]
