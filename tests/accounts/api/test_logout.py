import pytest

from accounts.keys import create_key
from accounts.models import LogIn, User
from accounts.scopes import Scope
from tests.accounts.devices import bearer, is_good, pair_of, post
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


def test_it_ends_one_log_in_and_no_other(alice: User, bob: User) -> None:
    leaving, staying, bobs = pair_of(alice), pair_of(alice), pair_of(bob)
    assert post("logout", {"refresh": leaving.refresh}) == (204, None)
    assert not is_good(leaving.access)
    assert post("token/refresh", {"refresh": leaving.refresh})[0] == 401
    assert is_good(staying.access)
    assert is_good(bobs.access)


def test_an_access_token_ends_its_own_log_in(alice: User) -> None:
    pair = pair_of(alice)
    assert bearer(pair.access).post("/api/auth/logout").status_code == 204
    assert not is_good(pair.access)


def test_logging_out_twice_changes_nothing(alice: User) -> None:
    pair = pair_of(alice)
    for _ in range(2):
        assert post("logout", {"refresh": pair.refresh})[0] == 204


def test_a_spent_refresh_token_logs_out_too(alice: User) -> None:
    pair = pair_of(alice)
    _, newer = post("token/refresh", {"refresh": pair.refresh})
    assert post("logout", {"refresh": pair.refresh})[0] == 204
    assert not is_good(newer["access"])


@pytest.mark.parametrize("body", [{}, {"refresh": "a.b.c"}], ids=str)
def test_without_a_log_in_there_is_nothing_to_end(body: dict[str, str]) -> None:
    status, answer = post("logout", body)
    assert (status, answer["code"]) == (401, "authentication_failed")


def test_a_key_is_revoked_not_logged_out(alice: User) -> None:
    _, key = create_key(user=alice, name="script", scopes=Scope)
    answer = bearer(key).post("/api/auth/logout")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert is_good(key)


def test_everywhere_ends_all_log_ins_and_keys_of_one_user(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    pairs, bobs = [pair_of(alice) for _ in range(3)], pair_of(bob)
    _, key = create_key(user=alice, name="script", scopes=Scope)
    assert client_for(alice).post("/api/auth/logout-all").status_code == 204
    for pair in pairs:
        assert not is_good(pair.access)
        assert post("token/refresh", {"refresh": pair.refresh})[0] == 401
    assert not is_good(key)
    assert is_good(bobs.access)
    assert is_good(pair_of(User.objects.get(pk=alice.pk)).access)  # a new one


def test_everywhere_needs_a_log_in(alice: User) -> None:
    _, key = create_key(user=alice, name="script", scopes=Scope)
    assert bearer(key).post("/api/auth/logout-all").status_code == 403
    assert post("logout-all")[0] == 401
    assert LogIn.objects.count() == 0
