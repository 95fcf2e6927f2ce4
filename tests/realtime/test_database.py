"""While the database is away nobody waits for it, but one who finds out whether it is back."""

import time
from collections.abc import Callable

import pytest
from django.db import OperationalError

from agents.exceptions import RunNotFound
from realtime.database import RETRY_SECONDS, Breaker


class Database:
    """Counts who comes as far as asking it."""

    def __init__(self) -> None:
        self.is_away = True
        self.asked = 0

    def ask(self) -> str:
        self.asked += 1
        if self.is_away:
            raise OperationalError("gone")
        return "answer"


def fails(breaker: Breaker, work: Callable[[], str]) -> None:
    with pytest.raises(OperationalError):
        breaker.call(work)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def open_breaker(database: Database) -> Breaker:
    breaker = Breaker()
    for _ in range(Breaker.FAILURES):
        fails(breaker, database.ask)
    assert database.asked == Breaker.FAILURES
    return breaker


def test_after_failures_in_a_row_nobody_asks(database: Database, open_breaker: Breaker) -> None:
    database.is_away = False
    for _ in range(10):
        fails(open_breaker, database.ask)
    assert database.asked == Breaker.FAILURES


def test_one_a_second_finds_out_that_it_is_back(database: Database, open_breaker: Breaker) -> None:
    time.sleep(RETRY_SECONDS)
    fails(open_breaker, database.ask)
    fails(open_breaker, database.ask)
    assert database.asked == Breaker.FAILURES + 1
    database.is_away = False
    time.sleep(RETRY_SECONDS)
    assert [open_breaker.call(database.ask) for _ in range(3)] == ["answer"] * 3


def test_failures_among_successes_stop_nobody(database: Database) -> None:
    breaker = Breaker()
    for _ in range(3):
        for _ in range(Breaker.FAILURES - 1):
            fails(breaker, database.ask)
        database.is_away = False
        assert breaker.call(database.ask) == "answer"
        database.is_away = True


@pytest.mark.django_db(transaction=True)
def test_who_is_refused_finds_out_too(database: Database, open_breaker: Breaker) -> None:
    def refuse() -> str:
        raise RunNotFound("You have no such run.")

    database.is_away = False
    time.sleep(RETRY_SECONDS)
    with pytest.raises(RunNotFound):
        open_breaker.call(refuse)
    assert open_breaker.call(database.ask) == "answer"


def test_other_errors_are_not_its_absence(database: Database) -> None:
    def refuse() -> str:
        raise ValueError("nonsense")

    breaker = Breaker()
    for _ in range(2 * Breaker.FAILURES):
        with pytest.raises(ValueError, match="nonsense"):
            breaker.call(refuse)
    database.is_away = False
    assert breaker.call(database.ask) == "answer"
