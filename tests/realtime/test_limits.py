from typing import Any

import pytest

from realtime.limits import (
    Allowances,
    Connections,
    ErrorBudget,
    RateLimited,
    TooManySockets,
    Waiting,
)


def test_the_twentieth_error_is_one_too_many() -> None:
    budget = ErrorBudget()
    assert [budget.is_spent_by_one_more() for _ in range(20)] == [False] * 19 + [True]


def test_places_of_an_address_are_given_back() -> None:
    waiting = Waiting()
    assert [waiting.enter("one") for _ in range(11)] == [True] * 10 + [False]
    assert waiting.enter("two")
    waiting.leave("one")
    assert waiting.enter("one")


def test_connections_are_counted_by_user(settings: Any) -> None:
    settings.SOCKETS_PER_USER = 2
    connections = Connections()
    connections.take(1)
    connections.take(1)
    with pytest.raises(TooManySockets):
        connections.take(1)
    connections.take(2)
    connections.leave(1)
    connections.take(1)


def test_a_minutes_messages_may_come_at_once_and_no_more() -> None:
    allowances = Allowances(per_minute=10)
    for _ in range(10):
        allowances.spend(1)
    with pytest.raises(RateLimited) as refused:
        allowances.spend(1)
    assert refused.value.details is not None
    assert 0 < refused.value.details["retry_after"] <= 6
    allowances.spend(2)
