"""Processes of a trial: hurt as one likes, and gone with who started them."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from netra.trial import ledger
from netra.trial.process import Process, ProcessFailed, until
from netra.trial.services import own_services
from tests.stack import ROOT

SAY_READY = "import time; print('ready', flush=True); time.sleep(600)"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    command = [sys.executable, "-c", SAY_READY]
    made = Process(command, tmp_path / "child.log", os.environ, lambda: "ready" in made.output)
    made.start()
    yield made
    made.stop()


def test_a_killed_process_is_started_again_and_awaited_anew(process: Process) -> None:
    first, before = process.pid, time.monotonic()
    process.kill()
    assert (process.is_up, process.lives, process.was_asked_to_end) == (False, False, False)
    assert process.hurt_at >= before
    process.start()
    assert process.pid != first
    assert process.output == "ready\n"
    assert process.log.read_text() == "ready\nready\n"


def test_a_frozen_process_stands_still_and_is_ended_all_the_same(process: Process) -> None:
    child = psutil.Process(process.pid)
    process.freeze()
    until(lambda: child.status() == psutil.STATUS_STOPPED, "frozen")
    assert (process.is_frozen, process.is_up) == (True, True)
    process.thaw()
    until(lambda: child.status() != psutil.STATUS_STOPPED, "thawed")
    process.freeze()
    process.stop()
    assert not process.lives
    assert process.was_asked_to_end


def test_a_process_that_ends_instead_of_getting_ready_shows_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no database')"]
    process = Process(command, tmp_path / "child.log", os.environ, lambda: False)
    with pytest.raises(ProcessFailed, match="no database"):
        process.start()


def test_processes_do_not_outlive_who_started_them(tmp_path: Path) -> None:
    """Not even frozen, and however that one ended."""
    code = f"""
import django, os, sys, time; django.setup()
from pathlib import Path
from netra.trial.process import Process
child = Process([sys.executable, "-c", {SAY_READY!r}], Path("{tmp_path}/child.log"), os.environ,
    lambda: "ready" in child.output)
child.start()
child.freeze()
print(child.pid, flush=True)
time.sleep(600)
"""
    settings = {"DJANGO_SETTINGS_MODULE": "netra.settings", "NETRA_DATA_DIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **settings}, stdout=-1, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    until(lambda: not psutil.pid_exists(child), "gone")


def test_effects_are_counted(tmp_path: Path) -> None:
    assert ledger.effects(tmp_path) == Counter()
    for entry in ("a/0.0", "a/0.1", "a/0.0"):
        ledger.add(tmp_path, entry)
    assert ledger.effects(tmp_path) == {"a/0.0": 2, "a/0.1": 1}


def test_a_trial_of_its_own_begins_with_the_default_settings() -> None:
    assert os.environ["NETRA_DATA_DIR"]
    with own_services() as services:
        assert [name for name in services.environment if name.startswith("NETRA_")] == []
        assert services.owns_redis
        assert services.owns_database
