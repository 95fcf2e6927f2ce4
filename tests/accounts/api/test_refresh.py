"""A refresh token is good once: its successor for half a minute, then the end of its log-in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts import log_ins
from accounts.models import LogIn, User
from accounts.tokens import Pair
from tests.accounts.devices import is_good, pair_of, post

pytestmark = pytest.mark.django_db


def refresh(token: str) -> tuple[int, dict[str, str]]:
    return post("token/refresh", {"refresh": token})


def let_pass(seconds: float) -> None:
    """As if every refresh token had been spent so much earlier."""
    for log_in in LogIn.objects.all():
        log_in.spent = [[generation, at - seconds] for generation, at in log_in.spent]
        log_in.save()


def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_it_buys_the_next_pair_of_its_family(alice: User) -> None:
    first = pair_of(alice)
    status, body = refresh(first.refresh)
    assert status == 200
    assert claims(body["access"])["family"] == claims(first.access)["family"]
    assert claims(body["access"])["jti"] != claims(first.access)["jti"]
    assert is_good(body["access"])
    assert is_good(first.access)  # until it expires


def test_a_spent_one_gives_its_one_successor_for_half_a_minute(alice: User) -> None:
    first = pair_of(alice)
    successors = [refresh(first.refresh)[1]["refresh"] for _ in range(3)]
    assert len(set(successors)) == 1
    let_pass(29)
    status, body = refresh(first.refresh)
    assert (status, claims(body["refresh"])["generation"]) == (200, 2)
    assert refresh(successors[0])[0] == 200


def test_a_successor_is_given_even_if_it_was_spent_itself(alice: User) -> None:
    first = pair_of(alice)
    _, second = refresh(first.refresh)
    _, third = refresh(second["refresh"])
    assert refresh(first.refresh)[1]["refresh"] == second["refresh"]
    assert refresh(second["refresh"])[1]["refresh"] == third["refresh"]


def test_reuse_after_that_ends_the_whole_family(alice: User) -> None:
    first, other = pair_of(alice), pair_of(alice)
    _, second = refresh(first.refresh)
    let_pass(31)
    status, body = refresh(first.refresh)
    assert (status, body["code"]) == (401, "authentication_failed")
    assert "used before" in body["message"]
    assert refresh(second["refresh"])[0] == 401
    assert not is_good(second["access"])
    assert is_good(other.access)  # another log-in of the same user


@pytest.mark.parametrize("which", ["access", "garbage", "deleted", "inactive", "ended", "empty"])
def test_one_that_proves_nothing_is_refused(alice: User, which: str) -> None:
    pair = pair_of(alice)
    token = {"access": pair.access, "garbage": "a.b.c", "empty": "\u00e9"}.get(which, pair.refresh)
    if which == "deleted":
        alice.delete()
    elif which == "inactive":
        User.objects.update(is_active=False)
    elif which == "ended":
        alice.end_log_ins()
    status, body = refresh(token)
    assert (status, body["code"]) == (401, "authentication_failed")


def test_a_form_is_not_spoken_here(alice: User) -> None:
    answer = APIClient().post("/api/auth/token/refresh", {"refresh": pair_of(alice).refresh})
    assert answer.status_code == 415


def test_without_a_token_it_is_told_what_is_missing() -> None:
    status, body = post("token/refresh")
    assert (status, body["code"]) == (400, "invalid_input")


def test_a_log_in_that_nobody_renews_expires(alice: User) -> None:
    pair = pair_of(alice)
    LogIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refresh(pair.refresh)[0] == 401


def test_each_renewal_makes_it_live_longer(alice: User) -> None:
    pair = pair_of(alice)
    LogIn.objects.update(expires_at=timezone.now() + timedelta(days=1))
    refresh(pair.refresh)
    expires_at = LogIn.objects.get().expires_at
    assert expires_at is not None
    assert expires_at > timezone.now() + timedelta(days=13)


class Family:
    """The rule, kept the simple way: a list of when each generation was spent."""

    def __init__(self) -> None:
        self.now = 0.0
        self.spent: list[float] = []
        self.is_ended = False

    def renew(self, generation: int) -> int | None:
        """The generation that is given out; None: refused."""
        if self.is_ended:
            return None
        if generation == len(self.spent) + 1:
            self.spent.append(self.now)
        elif self.now - self.spent[generation - 1] > 30:
            self.is_ended = True
            return None
        return generation + 1


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 7.0, 20.0, 40.0])), max_size=12)
)
def test_any_order_of_uses_follows_the_rule(alice: User, steps: list[tuple[float, float]]) -> None:
    LogIn.objects.all().delete()
    family, issued = Family(), [pair_of(alice).refresh]
    for share, pause in steps:
        let_pass(pause)
        family.now += pause
        generation = 1 + int(share * (len(issued) - 1))
        expected = family.renew(generation)
        status, body = refresh(issued[generation - 1])
        assert status == (401 if expected is None else 200)
        if expected is not None:
            issued[expected - 1 : expected] = [body["refresh"]]
            assert claims(body["refresh"])["generation"] == expected
    assert len(set(issued)) == len(issued)


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_all_get_the_same_successor(alice: User) -> None:
    first = pair_of(alice)

    def renew(_: int) -> Pair:
        try:
            return log_ins.renew(first.refresh)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        pairs = list(pool.map(renew, range(16)))
    assert len({pair.refresh for pair in pairs}) == 1
    assert LogIn.objects.get().generation == 2


def test_a_cookie_carries_it_where_no_script_reads_it(alice: User) -> None:
    client = APIClient()
    body = {"username": "alice", "password": "correct-horse-battery", "cookie": True}
    answer = client.post("/api/auth/token", body, format="json")
    assert set(answer.json()) == {"access"}
    cookie = answer.cookies["netra_refresh"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/api/auth")
    before = cookie.value
    again = client.post("/api/auth/token/refresh", {}, format="json")
    assert set(again.json()) == {"access"}
    assert again.cookies["netra_refresh"].value != before
    ended = client.post("/api/auth/logout", {}, format="json")
    assert ended.cookies["netra_refresh"].value == ""
    assert not is_good(again.json()["access"])


@pytest.mark.parametrize("path", ["token/refresh", "logout"])
@pytest.mark.parametrize("place", ["same-site", "cross-site"])
def test_a_page_from_elsewhere_does_not_use_the_cookie(alice: User, path: str, place: str) -> None:
    pair, client = pair_of(alice), APIClient()
    client.cookies["netra_refresh"] = pair.refresh
    refused = client.post(f"/api/auth/{path}", headers={"Sec-Fetch-Site": place})
    assert refused.status_code in (400, 401)
    assert "netra_refresh" not in refused.cookies
    assert is_good(pair.access)
    assert LogIn.objects.get().generation == 1
    answer = client.post(f"/api/auth/{path}", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code in (200, 204)
