import pytest

from accounts.keys import create_key
from accounts.models import User
from accounts.scopes import Scope
from tests.accounts.devices import pair_of, post

pytestmark = pytest.mark.django_db


def test_an_access_token_says_whose_it_is_and_until_when(alice: User) -> None:
    status, body = post("token/verify", {"token": pair_of(alice).access})
    assert status == 200
    assert body["user_id"] == alice.pk
    assert body["expires_at"] > 0
    assert set(body["scopes"]) == set(Scope.values)


def test_so_does_a_key(alice: User) -> None:
    _, key = create_key(user=alice, name="script", scopes=[Scope.READ])
    body = {"user_id": alice.pk, "expires_at": None, "scopes": ["read"]}
    assert post("token/verify", {"token": key}) == (200, body)


@pytest.mark.parametrize("which", ["refresh", "garbage", "ended"])
def test_what_lets_nobody_in_is_a_401(alice: User, which: str) -> None:
    pair = pair_of(alice)
    if which == "ended":
        alice.end_log_ins()
    token = {"refresh": pair.refresh, "garbage": "x"}.get(which, pair.access)
    status, body = post("token/verify", {"token": token})
    assert (status, body["code"]) == (401, "authentication_failed")
