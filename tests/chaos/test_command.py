"""`manage.py chaos` as an operator runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT


def chaos(home: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "chaos", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(home), **environment},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.waits
def test_the_configured_services_are_used_and_left_as_they_were(tmp_path: Path) -> None:
    figures, configured = tmp_path / "figures.json", tmp_path / "configured"
    settings = {"NETRA_DATA_DIR": str(configured)}
    prepare = [sys.executable, "manage.py", "prepare", "--no-demo"]
    subprocess.run(prepare, cwd=ROOT, env=settings, check=True, capture_output=True)
    done = chaos(
        tmp_path,
        *("--configured", "--runs", "6", "--clients", "3", "--faults", "cut", "database"),
        *("--json", str(figures)),
        **settings,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "database locked 2 to 6 s: skipped" in done.stdout
    (cut,) = json.loads(figures.read_text())["faults"]
    assert (cut["fault"], cut["ended"], cut["is_clean"]) == ("cut", 6, True)
    assert [file for file in tmp_path.iterdir() if file.name.startswith("netra-chaos")] == []
    code = (
        "from accounts.models import User; from agents.models import Agent, Run; "
        "print(User.objects.count(), Run.objects.count(), Agent.objects.count())"
    )
    left = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=ROOT, env=settings, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert left.stdout.split() == ["0", "0", "2"]


def test_a_database_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    done = chaos(tmp_path, "--database-url", url, NETRA_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "a database of its own" in done.stderr
    assert "Traceback" not in done.stderr
