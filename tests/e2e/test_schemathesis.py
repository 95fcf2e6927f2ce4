"""Whatever fits the OpenAPI schema, and whatever does not, is answered as the schema says."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import PASSWORD, STAFF
from tests.stack import ROOT, Stack

MAX_EXAMPLES = 2  # of each operation in a phase; the README's command tries 100
LONGEST_SECONDS = 240


@pytest.fixture
def tried_stack(tmp_path: Path) -> Iterator[Stack]:
    """One of its own: who tries everything as staff changes agents that others ask."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.quick_hashes",
        "NETRA_LOG_IN_FAILURES": "1000000",  # it guesses at its own password too
    }
    own = Stack(tmp_path, settings)
    try:
        own.start(workers=1)
        yield own
    finally:
        own.stop()


@pytest.mark.waits
def test_the_schema_keeps_its_word(tried_stack: Stack) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("--config-file", ".schemathesis.toml", "run", f"{tried_stack.url}/api/schema"),
            *("--max-examples", str(MAX_EXAMPLES), "--generation-deterministic", "--no-color"),
        ],
        cwd=ROOT,
        env={
            **tried_stack.environment,
            "NETRA_EMAIL": f"{STAFF[0]}@example.com",
            "NETRA_PASSWORD": PASSWORD,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
