"""The start fails loudly: each bad value names its variable and says what to use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT


def start(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NETRA_")},
        "NETRA_DATA_DIR": str(tmp_path / "data"),
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-c", "import netra.settings as s; print(s.DATABASES['default'])"],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("NETRA_DEBUG", "maybe", "use true or false"),
        ("NETRA_WORKER_CONCURRENCY", "many", "use a whole number"),
        ("NETRA_WORKER_CONCURRENCY", "0", "use at least 1"),
        ("NETRA_DATABASE_URL", "mysql://x", "postgresql://"),
        ("NETRA_DATABASE_URL", "nonsense", "postgresql://"),
        ("NETRA_REDIS_URL", "http://x", "redis://"),
        ("NETRA_BROKER_URL", "kafka://x", "amqp://"),
        ("NETRA_PUBLIC_URL", "netra.example", "https://"),
        ("NETRA_EMAIL_URL", "submission://mail:many", "cannot be read"),
        ("NETRA_LOG_FORMAT", "xml", "use one of console, json"),
        ("NETRA_LOG_LEVEL", "LOUD", "DEBUG"),
        ("NETRA_SIGNING_KEY", "short", "at least 32"),
        ("NETRA_SECRET_KEY", "x" * 31, "at least 32"),
        ("NETRA_SIGNING_KEY_FILE", "/nowhere/key", "cannot be read"),
        ("NETRA_DATA_DIR", "/proc/nowhere", "cannot be used as a directory"),
    ],
)
def test_a_bad_value_stops_the_start(
    tmp_path: Path, variable: str, value: str, advice: str
) -> None:
    done = start(tmp_path, **{variable: value})
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert variable in last
    assert advice in last


def test_a_bad_url_is_not_repeated_for_it_may_hold_a_password(tmp_path: Path) -> None:
    done = start(tmp_path, NETRA_DATABASE_URL="mysql://netra:secret@db/netra")
    assert "secret" not in done.stderr


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "IMMEDIATE" in done.stdout


def test_postgresql_gets_a_pool(tmp_path: Path) -> None:
    done = start(tmp_path, NETRA_DATABASE_URL="postgresql://netra:pw@db:5433/netra")
    assert "'pool'" in done.stdout
    assert "5433" in done.stdout


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    start(tmp_path)
    files = sorted((tmp_path / "data" / "keys").iterdir())
    assert [file.name for file in files] == ["secret", "signing"]
    first = [file.read_text() for file in files]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert all(len(key) >= 32 for key in first)
    start(tmp_path)
    assert [file.read_text() for file in files] == first


def test_a_kept_key_that_was_cut_short_stops_the_start(tmp_path: Path) -> None:
    start(tmp_path)
    (tmp_path / "data" / "keys" / "signing").write_text("short")
    done = start(tmp_path)
    assert "NETRA_SIGNING_KEY" in done.stderr.strip().splitlines()[-1]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("k" * 40 + "\n")
    assert start(tmp_path, NETRA_SIGNING_KEY_FILE=str(file)).returncode == 0
    file.write_text("short\n")
    assert start(tmp_path, NETRA_SIGNING_KEY_FILE=str(file)).returncode != 0
