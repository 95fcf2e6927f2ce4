"""What is done before the processes of a deployment start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from agents.models import Agent, Dataset
from tests.stack import ROOT, free_port


@pytest.mark.django_db
def test_agents_and_a_demo_are_there_once_however_often_it_is_done() -> None:
    for _ in range(2):
        call_command("prepare")
    assert Agent.objects.filter(is_default=True).count() == 1
    assert not User.objects.get(username="demo").has_usable_password()
    assert Dataset.objects.get().user is None


@pytest.mark.django_db
def test_the_demo_may_be_left_out() -> None:
    call_command("prepare", no_demo=True)
    assert Agent.objects.exists()
    assert not User.objects.exists()
    assert not Dataset.objects.exists()


def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    away = {
        "NETRA_DATA_DIR": str(tmp_path),
        "NETRA_DATABASE_URL": f"postgresql://netra@127.0.0.1:{free_port()}/netra",
        "NETRA_DATABASE_TIMEOUT_SECONDS": "1",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=ROOT,
        env={**os.environ, **away},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "CommandError: The database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
