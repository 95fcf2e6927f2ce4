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

SUITES = {
    "writing": ["-m", "database", "tests", "--ignore=tests/agents/services"],
    "services": ["-m", "database", "tests/agents/services"],
    "delivery": [
        "tests/e2e/test_golden_path.py",
        "tests/e2e/test_sessions.py",
        *("tests/e2e/test_cancelling.py", "tests/e2e/test_streams.py"),
        *("-m", "not waits"),
    ],
    "approvals": [
        "tests/e2e/test_approvals.py",
        *("-k", "any_order or many_decisions or nobody_decides_on or is_killed"),
    ],
    "recovery": [
        *("tests/e2e/test_recovery.py", "tests/e2e/test_outages.py"),
        *("-k", "killed_workers or redis_killed or frozen or database"),
    ],
}


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
