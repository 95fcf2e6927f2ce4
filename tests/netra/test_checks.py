"""What the system checks say of a configuration, in a process that has it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT

PRODUCTION = {
    "NETRA_PUBLIC_URL": "https://netra.example",
    "NETRA_TRUST_PROXY": "true",
    "NETRA_ALLOWED_HOSTS": "netra.example",
    "NETRA_DATABASE_URL": "postgresql://netra:secret@database/netra",
    "NETRA_REDIS_URL": "redis://redis:6379/0",
    "NETRA_SECRET_KEY": "s" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "NETRA_SIGNING_KEY": "k" * 64,
}


def check(home: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NETRA_")}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=ROOT,
        env={**kept, "NETRA_DATA_DIR": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_production_settings_are_clean(tmp_path: Path) -> None:
    code, said = check(tmp_path, "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert code == 0, said
    assert "no issues" in said


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({"NETRA_TRUST_PROXY": "false"}, ["netra.E001"]),
        (
            {
                "NETRA_PUBLIC_URL": "http://netra.example",
                "NETRA_DATABASE_URL": "sqlite:///netra.sqlite3",
                "NETRA_DEBUG": "true",
            },
            ["netra.W001", "netra.W003", "security.W004", "security.W012", "security.W018"],
        ),
    ],
)
def test_what_is_not_fit_for_production_is_named(
    tmp_path: Path, changes: dict[str, str], ids: list[str]
) -> None:
    code, said = check(tmp_path, "--deploy", "--fail-level", "WARNING", **{**PRODUCTION, **changes})
    assert code != 0
    assert [found for found in ids if found not in said] == []
