"""Writers to one SQLite file wait for each other in turn."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections

from netra.sqlite.base import DatabaseWrapper
from netra.sqlite.turns import turns_at
from tests.stack import ROOT

HOLDER = """
import sys
from netra.sqlite.turns import turns_at
assert turns_at(sys.argv[1]).take(0)
print("taken", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_elsewhere(database: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process has the turn."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "taken\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.communicate()


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "some.sqlite3")


@pytest.fixture
def wrapper(database: str, django_db_blocker: Any) -> Iterator[DatabaseWrapper]:
    """A connection of its own."""
    settings = connections["default"].settings_dict
    options = {"transaction_mode": "IMMEDIATE", "timeout": 0.2}
    own: dict[str, Any] = {**settings, "NAME": database, "OPTIONS": options}
    made = DatabaseWrapper(own, "of_its_own")
    with django_db_blocker.unblock():
        yield made
        made.close()


def begin(wrapper: DatabaseWrapper) -> None:
    wrapper.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(wrapper: DatabaseWrapper, how: Callable[[], None]) -> None:
    how()
    wrapper.set_autocommit(True)


@pytest.mark.parametrize("how", ["commit", "rollback"])
def test_a_transaction_has_the_turn_until_it_ends(
    wrapper: DatabaseWrapper, database: str, how: str
) -> None:
    begin(wrapper)
    assert not turns_at(database).take(0)
    end(wrapper, getattr(wrapper, how))
    assert turns_at(database).take(0)
    turns_at(database).give_back()


def test_a_connection_that_is_closed_in_a_transaction_has_no_turn_any_more(
    wrapper: DatabaseWrapper, database: str
) -> None:
    begin(wrapper)
    wrapper.close()
    assert turns_at(database).take(0)
    turns_at(database).give_back()


def test_who_waits_too_long_is_told_that_the_database_is_locked(
    wrapper: DatabaseWrapper, database: str
) -> None:
    with held_elsewhere(database), pytest.raises(OperationalError, match="locked"):
        begin(wrapper)
    begin(wrapper)
    end(wrapper, wrapper.rollback)


def test_the_turn_of_a_process_that_was_killed_is_free(database: str) -> None:
    with held_elsewhere(database) as holder:
        assert not turns_at(database).take(0.01)
        holder.kill()
        assert turns_at(database).take(5)
    turns_at(database).give_back()


def test_who_waits_is_next_when_the_turn_is_given_back(database: str) -> None:
    turns = turns_at(database)
    assert turns.take(0)
    taken: list[bool] = []
    waiting = threading.Thread(target=lambda: taken.append(turns.take(20)))
    waiting.start()
    turns.give_back()
    waiting.join()
    assert taken == [True]
    turns.give_back()
