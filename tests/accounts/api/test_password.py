from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import log_ins
from accounts.authentication import session_of_token
from accounts.exceptions import AuthenticationFailed
from accounts.keys import create_key
from accounts.models import LogIn, User
from accounts.origin import NOWHERE
from accounts.passwords import change_password
from accounts.scopes import Scope
from tests.accounts.devices import bearer, is_good, pair_of, post
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "tangerine-lighthouse-7"


def change(access: str, **body: str) -> tuple[int, dict[str, str]]:
    answer = bearer(access).post("/api/auth/password", body, format="json")
    return answer.status_code, answer.json()


def test_a_new_password_ends_everything_but_gives_a_new_pair(alice: User, bob: User) -> None:
    mine, elsewhere, bobs = pair_of(alice), pair_of(alice), pair_of(bob)
    _, key = create_key(user=alice, name="script", scopes=Scope)
    status, body = change(mine.access, current_password=PASSWORD, new_password=NEW)
    assert status == 200
    assert is_good(body["access"])
    for token in (mine.access, elsewhere.access, key):
        assert not is_good(token)
    assert post("token/refresh", {"refresh": elsewhere.refresh})[0] == 401
    assert is_good(bobs.access)
    assert post("token", {"username": "alice", "password": PASSWORD})[0] == 401
    assert post("token", {"username": "alice", "password": NEW})[0] == 200


@pytest.mark.parametrize("given", [{}, {"current_password": "wrong"}], ids=str)
def test_it_takes_the_old_one(alice: User, given: dict[str, str]) -> None:
    access = pair_of(alice).access
    status, body = change(access, new_password=NEW, **given)
    assert (status, body["code"]) == (400, "invalid_input")
    assert list(body["details"]) == ["current_password"]
    assert is_good(access)


@pytest.mark.parametrize("weak", ["short", "password1234", "1234567890123", "alice@example.com"])
def test_a_weak_one_is_refused_with_the_reason(alice: User, weak: str) -> None:
    access = pair_of(alice).access
    status, body = change(access, current_password=PASSWORD, new_password=weak)
    assert (status, list(body["details"])) == (400, ["password"])
    assert is_good(access)


def test_who_came_by_a_link_need_not_know_the_old_one(alice: User) -> None:
    access = pair_of(alice, LogIn.Means.LINK).access
    assert change(access, new_password=NEW)[0] == 200


def test_but_only_for_an_hour(alice: User) -> None:
    access = pair_of(alice, LogIn.Means.LINK).access
    LogIn.objects.update(created_at=timezone.now() - timedelta(hours=1, seconds=1))
    assert change(access, new_password=NEW)[0] == 400


def test_who_has_none_sets_a_first_one(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    assert change(pair_of(alice).access, new_password=NEW)[0] == 200


@pytest.mark.database
def test_who_was_logged_out_while_it_was_hashed_sets_none(alice: User) -> None:
    session = session_of_token(pair_of(alice).access)
    User.objects.get().end_log_ins()
    with pytest.raises(AuthenticationFailed):
        change_password(session, current=PASSWORD, new=NEW, origin=NOWHERE)
    assert User.objects.get().check_password(PASSWORD)
    other = session_of_token(pair_of(User.objects.get()).access)
    log_ins.end(other.family)
    with pytest.raises(AuthenticationFailed):
        change_password(other, current=PASSWORD, new=NEW, origin=NOWHERE)
    assert User.objects.get().check_password(PASSWORD)
    assert not LogIn.objects.live().exists()


def test_a_key_cannot_set_one(alice: User) -> None:
    _, key = create_key(user=alice, name="script", scopes=Scope)
    status, body = change(key, current_password=PASSWORD, new_password=NEW)
    assert (status, body["code"]) == (403, "permission_denied")
    assert post("password", {"new_password": NEW})[0] == 401
