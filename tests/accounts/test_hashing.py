"""Who waits for a hash is in nobody's way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import monotonic, sleep

import pytest
from django.conf import settings
from django.db import connection

from accounts.hashing import turn_to_hash
from accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@contextmanager
def all_turns_taken() -> Iterator[None]:
    """Others hash for as long as this lasts."""
    is_over = Event()

    def hash_on() -> None:
        with turn_to_hash():
            is_over.wait(10)

    with ThreadPoolExecutor(64) as others:
        for _ in range(64):
            others.submit(hash_on)
        yield
        is_over.set()


def log_in_slowly() -> None:
    assert not User.objects.filter(username="nobody").exists()
    with turn_to_hash():
        pass


def count_users() -> int:
    try:
        return User.objects.count()
    finally:
        connection.close()


def test_more_wait_than_there_are_connections_and_a_request_gets_one(alice: User) -> None:
    pool = settings.DATABASES["default"]["OPTIONS"].get("pool", {})
    waiting = 2 * pool.get("max_size", 16)
    with ThreadPoolExecutor(waiting + 1) as threads, all_turns_taken():
        for _ in range(waiting):
            threads.submit(log_in_slowly)
        sleep(0.5)
        begun = monotonic()
        assert threads.submit(count_users).result(timeout=8) == 1
        assert monotonic() - begun < 2


def test_who_waits_holds_no_connection(alice: User) -> None:
    connection.ensure_connection()
    with turn_to_hash():
        assert connection.connection is None
