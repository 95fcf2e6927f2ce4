from typing import Any

import jwt
import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.backends import NameOrEmailBackend
from accounts.models import User
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


def log_in(**body: str) -> tuple[int, dict[str, str]]:
    answer = APIClient().post("/api/auth/token", body, format="json")
    return answer.status_code, answer.json()


@pytest.mark.parametrize("field", ["username", "email"])
@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.com", "Alice@Example.com"])
def test_name_or_address_and_password_give_a_pair(alice: User, field: str, login: str) -> None:
    status, body = log_in(**{field: login, "password": PASSWORD})
    assert status == 200
    claims = jwt.decode(body["access"], options={"verify_signature": False})
    assert claims["user_id"] == str(alice.pk)
    assert (claims["iss"], claims["aud"], claims["token_type"]) == ("netra", "netra", "access")
    assert set(body) == {"access", "refresh"}


@pytest.mark.parametrize(
    ("login", "password"),
    [("alice", "wrong"), ("nobody", PASSWORD), ("charlie", PASSWORD), ("bob@example.com", "")],
)
def test_every_other_combination_is_answered_alike(
    alice: User, bob: User, charlie: User, login: str, password: str
) -> None:
    status, body = log_in(username=login, password=password or "wrong")
    assert (status, body["code"]) == (401, "authentication_failed")
    assert body["message"] == "There is no active user with this name and password."


class Slow(NameOrEmailBackend):
    """So much so that meanwhile an administrator can do something."""

    def authenticate(self, *args: Any, **credentials: Any) -> User | None:
        user = super().authenticate(*args, **credentials)
        if user is not None and user.first_name == "deleted":
            User.objects.filter(pk=user.pk).delete()
        elif user is not None:
            User.objects.get(pk=user.pk).end_log_ins()
        return user


@pytest.mark.parametrize("meanwhile", ["deleted", "logged out"])
def test_who_is_gone_once_the_password_is_hashed_is_refused(
    alice: User, settings: Settings, meanwhile: str
) -> None:
    User.objects.update(first_name=meanwhile)
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.Slow"]
    post = APIClient(raise_request_exception=False).post
    answer = post("/api/auth/token", {"username": "alice", "password": PASSWORD}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")


@pytest.mark.parametrize("body", [{}, {"username": "alice"}, {"password": PASSWORD}], ids=str)
def test_a_log_in_without_its_parts_is_told_what_is_missing(
    alice: User, body: dict[str, str]
) -> None:
    status, answer = log_in(**body)
    assert (status, answer["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("name", ["a@b", "", "a b", "a/b", "x" * 65])
def test_a_name_that_could_be_an_address_is_none(name: str) -> None:
    with pytest.raises(ValidationError):
        User(username=name, password="x").full_clean()
