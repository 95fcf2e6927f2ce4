from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.exceptions import InvalidInput
from accounts.models import User
from accounts.users import register
from tests.accounts.devices import is_good, post

pytestmark = pytest.mark.django_db

BODY = {"username": "dora", "email": "dora@example.com", "password": "tangerine-lighthouse-7"}


@pytest.fixture
def is_open(settings: Settings) -> None:
    settings.REGISTRATION_OPEN = True


def registered(**changes: Any) -> tuple[int, dict[str, Any]]:
    return post("register", {**BODY, **changes})


def test_a_closed_server_says_so_and_makes_nobody() -> None:
    status, body = registered()
    assert (status, body["code"]) == (403, "closed")
    assert not User.objects.exists()


def test_who_registers_is_logged_in(is_open: None) -> None:
    status, body = registered()
    assert status == 201
    assert is_good(body["access"])
    user = User.objects.get()
    assert (user.username, user.email, user.is_staff, user.is_superuser) == (
        "dora",
        "dora@example.com",
        False,
        False,
    )
    assert user.check_password(BODY["password"])
    assert user.logins.get().means == "registration"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ALICE"),
        ("username", "a b"),
        ("username", "a@b"),
        ("username", "x" * 65),
        ("email", "Alice@Example.com"),
        ("email", "nowhere"),
        ("password", "short"),
        ("password", "12345678901"),
        ("password", "dora@example.com"),
        ("password", "password1234"),
    ],
)
def test_what_cannot_be_taken_is_named_by_its_field(
    alice: User, is_open: None, field: str, value: str
) -> None:
    status, body = registered(**{field: value})
    assert (status, body["code"]) == (400, "invalid_input")
    assert list(body["details"]) == [field]
    assert not User.objects.filter(username="dora").exists()


def test_nobody_makes_themselves_staff(is_open: None) -> None:
    assert registered(is_staff=True, is_superuser=True)[0] == 201
    assert not User.objects.get().is_staff


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_with_one_name_the_second_is_told(is_open: None) -> None:
    def attempt(number: int) -> str:
        try:
            name, address = "dora" if number % 2 else "DORA", f"dora{number}@example.com"
            register(username=name, email=address, password=BODY["password"])
        except InvalidInput as error:
            return ", ".join(error.details or ())
        finally:
            connection.close()
        return "made"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(attempt, range(4)))
    assert outcomes == ["made", "username", "username", "username"]
