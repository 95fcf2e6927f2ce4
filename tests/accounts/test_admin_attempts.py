"""Failed log-ins in the admin, and the end of a pause before its time."""

import pytest
from axes.models import AccessAttempt, AccessFailureLog
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.administration import list_of, page_of, root, signed_in, staff
from tests.cast import PASSWORD

LOG_IN = "/api/auth/token"
FAILURES = 2


@pytest.fixture(autouse=True)
def few_failures(settings: Settings) -> None:
    """Each takes a while on purpose."""
    settings.AXES_FAILURE_LIMIT = FAILURES


def lock_out(name: str) -> None:
    for _ in range(FAILURES):
        assert log_in(name, "hunter2-wrong") in (401, 429)
    assert log_in(name, PASSWORD) == 429


def log_in(name: str, password: str) -> int:
    given = {"username": name, "password": password}
    return Client().post(LOG_IN, given, content_type="application/json").status_code


@pytest.mark.parametrize("way", ["button", "action"])
def test_unlocking_lets_somebody_try_again(alice: User, bob: User, way: str) -> None:
    lock_out("alice")
    lock_out("bob")
    client = signed_in(root())
    attempt = AccessAttempt.objects.get(username="alice")
    assert page_of(attempt) in client.get(list_of(AccessAttempt), {"locked": "yes"}).text
    if way == "button":
        client.post(page_of(attempt, "press", "unlock"))
    else:
        chosen = {"action": "unlock", "_selected_action": [attempt.pk]}
        client.post(list_of(AccessAttempt), chosen)
    assert log_in("alice", PASSWORD) == 200
    assert log_in("bob", PASSWORD) == 429


def test_what_was_typed_as_a_password_is_shown_nowhere(alice: User) -> None:
    lock_out("alice")
    client = signed_in(root())
    for model in (AccessAttempt, AccessFailureLog):
        row = model.objects.filter(username="alice").first()
        assert row is not None
        for address in (list_of(model), page_of(row)):
            shown = client.get(address)
            assert "alice" in shown.text
            assert "hunter2" not in shown.text


def test_unlocking_needs_the_permission_to_change(alice: User) -> None:
    lock_out("alice")
    client = signed_in(staff("viewer", "view_accessattempt"))
    attempt = AccessAttempt.objects.get(username="alice")
    assert client.post(page_of(attempt, "press", "unlock")).status_code == 403
    assert log_in("alice", PASSWORD) == 429
