from realtime.limits import ErrorBudget, Waiting


def test_the_twentieth_error_is_one_too_many() -> None:
    budget = ErrorBudget()
    assert [budget.is_spent_by_one_more() for _ in range(20)] == [False] * 19 + [True]


def test_places_of_an_address_are_given_back() -> None:
    waiting = Waiting()
    assert [waiting.enter("one") for _ in range(11)] == [True] * 10 + [False]
    assert waiting.enter("two")
    waiting.leave("one")
    assert waiting.enter("one")
