"""The way into the admin: a form, a cookie, and a policy without exceptions."""

import re
from typing import Any

import pytest
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import log_ins
from accounts.authentication import session_of_token
from accounts.exceptions import AuthenticationFailed, Unavailable
from accounts.models import LogIn, User
from tests.administration import page_of, root, signed_in, staff
from tests.cast import PASSWORD


def sign_in(client: Client, name: str, password: str = PASSWORD) -> int:
    given = {"username": name, "password": password, "next": "/admin/"}
    return client.post("/admin/login/", given).status_code


def is_signed_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_staff_sign_in_by_name_or_address(db: None) -> None:
    root()
    for login in ("root", "ROOT", "root@example.com"):
        client = Client()
        assert sign_in(client, login) == 302
        assert is_signed_in(client)


def test_who_is_not_staff_or_not_active_is_refused(alice: User, charlie: User) -> None:
    for name in ("alice", "charlie", "nobody"):
        client = Client()
        assert sign_in(client, name) == 200
        assert not is_signed_in(client)


class Busy(BaseBackend):
    """As ours, when too many others wait for a hash."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        raise Unavailable("Too many people log in at the moment.")


def test_why_nobody_can_sign_in_now_is_told(db: None, settings: Settings) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.Busy"]
    answer = Client().post("/admin/login/", {"username": "root", "password": PASSWORD})
    assert "Too many people log in at the moment." in answer.text


def test_one_address_does_not_try_without_end(db: None, settings: Settings) -> None:
    settings.THROTTLES = {"log_in": 3}
    root()
    assert [sign_in(Client(), f"user{number}") for number in range(5)] == [200] * 3 + [429] * 2
    body = {"username": "root", "password": PASSWORD}
    assert APIClient().post("/api/auth/token", body, format="json").status_code == 429
    answer = Client().post("/admin/login/", body)
    assert "Too many log-ins" in answer.text
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert Client().get("/admin/login/").status_code == 200


def test_ways_to_write_a_name_count_together(db: None, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    root()
    assert sign_in(Client(), "Root@example.com", "wrong") == 200
    assert sign_in(Client(), "root", "wrong") == 429


def test_too_many_failures_are_answered_with_a_page(db: None, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 2  # each takes a while on purpose
    root()
    client = Client()
    for _ in range(2):
        sign_in(client, "root", "wrong")
    given = {"username": "root", "password": PASSWORD}
    locked = client.post("/admin/login/", given)
    assert locked.status_code == 429
    assert "Too many failed log-ins" in locked.text
    assert "unsafe" not in locked.headers["Content-Security-Policy"]
    assert not is_signed_in(client)


def test_a_cookie_alone_changes_nothing(db: None) -> None:
    user = root()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, "accounts.backends.NameOrEmailBackend")
    forged = client.post(page_of(user, "press", "log-out"))
    assert forged.status_code == 403
    assert is_signed_in(client)


def test_logging_out_everywhere_ends_the_admin_too(db: None) -> None:
    user = root()
    first, second = signed_in(user), signed_in(user)
    first.post(page_of(user, "press", "log-out"))
    assert not is_signed_in(first)
    assert not is_signed_in(second)


@pytest.mark.parametrize("by", ["their own form", "the form for others"])
def test_a_new_password_keeps_its_owner_here_and_nowhere_else(db: None, by: str) -> None:
    user = root()
    here, elsewhere = signed_in(user), signed_in(user)
    pair = log_ins.begin(user, LogIn.Means.PASSWORD)
    new = "a much better password"
    if by == "their own form":
        given = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        changed = here.post(reverse("admin:password_change"), given)
    else:
        given = {"usable_password": "true", "password1": new, "password2": new}
        changed = here.post(f"/admin/accounts/user/{user.pk}/password/", given)
    assert changed.status_code == 302, changed.text
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    with pytest.raises(AuthenticationFailed):
        session_of_token(pair.access)


def test_every_answer_of_the_admin_has_a_strict_policy(db: None) -> None:
    client = signed_in(root())
    for address in ("/admin/", "/admin/login/", "/admin/nothing/", "/admin/jsi18n/"):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert re.search(r"default-src 'none'; script-src 'self'; style-src 'self';", policy)
        assert "frame-ancestors 'none'" in policy


def test_other_pages_keep_trusted_types(db: None) -> None:
    for address in ("/", "/api/docs/", "/administration"):
        policy = Client().get(address).headers["Content-Security-Policy"]
        assert "require-trusted-types-for 'script'" in policy


def test_the_admin_is_found_without_its_slash(db: None) -> None:
    assert Client().get("/admin").headers["Location"] == "/admin/"


def test_staff_without_permissions_see_nothing(db: None) -> None:
    client = signed_in(staff("helper"))
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/accounts/user/").status_code == 403
