"""The end of a session, in time whatever its socket does."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts.exceptions import AuthenticationFailed
from realtime.expiry import LENIENCE_SECONDS, NOTICE_SECONDS, Expiry


def from_now(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def forget() -> None:
    pass


async def during(expiry: Expiry, *steps: Callable[[], None]) -> None:
    """Take the steps of a socket's life, a moment apart, and then wait for a minute."""
    async with expiry.enforced():
        for step in steps:
            step()
            await asyncio.sleep(0.02)
        await asyncio.sleep(60)


async def test_what_runs_is_stopped_when_the_lenience_after_the_token_is_over() -> None:
    expiry = Expiry(forget)
    nearly_over = from_now(0.05 - LENIENCE_SECONDS)
    with pytest.raises(AuthenticationFailed):
        await during(expiry, lambda: expiry.watch(nearly_over))


async def test_a_newer_token_puts_the_end_off_and_an_ended_log_in_does_not_wait_for_it() -> None:
    taken: list[str] = []
    expiry = Expiry(forget)

    def put_off() -> None:
        expiry.watch(from_now(0.01 - LENIENCE_SECONDS))
        expiry.watch(from_now(900))

    with pytest.raises(AuthenticationFailed):
        await during(
            expiry,
            put_off,
            forget,
            lambda: taken.append("still here"),
            expiry.end,
        )
    assert taken == ["still here"]


async def test_a_token_that_is_taken_after_the_end_puts_nothing_off() -> None:
    expiry = Expiry(forget)

    def end_and_watch() -> None:
        expiry.end()
        expiry.watch(from_now(900))

    with pytest.raises(AuthenticationFailed):
        async with asyncio.timeout(5):
            await during(expiry, end_and_watch)


async def test_the_client_is_reminded_once_before_the_token_expires() -> None:
    reminded: list[str] = []
    expiry = Expiry(lambda: reminded.append("now"))
    async with expiry.enforced():
        expiry.watch(from_now(NOTICE_SECONDS + 900))
        await asyncio.sleep(0.05)
        assert reminded == []
        expiry.watch(from_now(NOTICE_SECONDS + 0.02))
        await asyncio.sleep(0.1)
        expiry.watch(from_now(NOTICE_SECONDS + 0.02))
    await asyncio.sleep(0.1)
    assert reminded == ["now"]


async def test_another_time_limit_inside_is_not_taken_for_the_end() -> None:
    expiry = Expiry(forget)
    with pytest.raises(TimeoutError):
        await during(expiry, lambda: expiry.watch(from_now(900)), give_up)
    expiry.end()  # too late: it changes nothing


def give_up() -> None:
    raise TimeoutError
