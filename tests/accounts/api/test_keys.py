from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.exceptions import TooManyKeys
from accounts.keys import KEYS_PER_USER, create_key
from accounts.models import ApiKey, User
from accounts.scopes import Scope
from tests.accounts.devices import bearer, is_good
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

BODY = {"name": "nightly report", "scopes": ["read", "run"]}


def test_a_key_is_shown_once_and_only_its_digest_is_kept(
    alice: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    made = client.post("/api/auth/keys", BODY, format="json")
    assert made.status_code == 201
    text = made.json()["key"]
    assert text.startswith("netra_")
    assert is_good(text)
    listed = client.get("/api/auth/keys").json()["results"]
    assert [(key["name"], key["scopes"], key["is_live"]) for key in listed] == [
        ("nightly report", ["read", "run"], True)
    ]
    assert "key" not in listed[0]
    assert text.startswith(listed[0]["hint"])
    row = ApiKey.objects.get()
    assert text not in str(row.__dict__)


def test_its_last_use_is_noted_to_the_minute(alice: User, client_for: ClientFor) -> None:
    row, text = create_key(user=alice, name="script", scopes=[Scope.READ])
    assert client_for(alice).get("/api/auth/keys").json()["results"][0]["last_used_at"] is None
    before = timezone.now()
    bearer(text).get("/api/auth/me")
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    assert first >= before
    bearer(text).get("/api/auth/me")
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    bearer(text).get("/api/auth/me")
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.last_used_at > first


def test_a_revoked_key_is_worth_nothing(alice: User, client_for: ClientFor) -> None:
    row, text = create_key(user=alice, name="script", scopes=Scope)
    _, other = create_key(user=alice, name="other", scopes=Scope)
    client = client_for(alice)
    for _ in range(2):  # again changes nothing
        assert client.delete(f"/api/auth/keys/{row.pk}").status_code == 204
    assert not is_good(text)
    assert is_good(other)
    revoked = {
        key["name"]: key["is_live"] for key in client.get("/api/auth/keys").json()["results"]
    }
    assert revoked == {"script": False, "other": True}


@pytest.mark.parametrize("how", ["expired", "inactive", "ended", "deleted", "cut", "longer"])
def test_a_key_that_proves_nothing_is_refused(alice: User, how: str) -> None:
    _, text = create_key(user=alice, name="script", scopes=Scope)
    if how == "expired":
        ApiKey.objects.update(expires_at=timezone.now())
    elif how == "inactive":
        User.objects.update(is_active=False)
    elif how == "ended":
        alice.end_log_ins()
    elif how == "deleted":
        alice.delete()
    text = {"cut": text[:-1], "longer": text + "a"}.get(how, text)
    assert not is_good(text)


def test_somebody_elses_keys_are_not_there(alice: User, bob: User, client_for: ClientFor) -> None:
    row, text = create_key(user=alice, name="script", scopes=Scope)
    client = client_for(bob)
    assert client.get("/api/auth/keys").json()["results"] == []
    answer = client.delete(f"/api/auth/keys/{row.pk}")
    assert (answer.status_code, answer.json()["code"]) == (404, "key_not_found")
    assert is_good(text)
    assert APIClient().get("/api/auth/keys").status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 10**9}, "expires_in_days"),
    ],
)
def test_what_cannot_be_taken_is_named_by_its_field(
    alice: User, client_for: ClientFor, changes: dict[str, object], field: str
) -> None:
    answer = client_for(alice).post("/api/auth/keys", {**BODY, **changes}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert list(answer.json()["details"]) == [field]
    assert not ApiKey.objects.exists()


def test_a_key_may_expire(alice: User, client_for: ClientFor) -> None:
    made = client_for(alice).post("/api/auth/keys", {**BODY, "expires_in_days": 7}, format="json")
    assert made.json()["expires_at"] == pytest.approx(
        timezone.now().timestamp() + 7 * 86400, abs=60
    )


def test_nobody_has_keys_without_number(alice: User, client_for: ClientFor) -> None:
    for number in range(KEYS_PER_USER):
        create_key(user=alice, name=str(number), scopes=Scope)
    client = client_for(alice)
    answer = client.post("/api/auth/keys", BODY, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_keys")
    client.delete(f"/api/auth/keys/{ApiKey.objects.first().pk}")  # type: ignore[union-attr]
    assert client.post("/api/auth/keys", BODY, format="json").status_code == 201


# What a key may do

READ, RUN, DATA, STAFF = Scope.READ, Scope.RUN, Scope.DATA, Scope.STAFF


@pytest.mark.parametrize(
    ("scopes", "method", "path", "is_allowed"),
    [
        ([READ], "get", "/api/runs", True),
        ([READ], "get", "/api/agents", True),
        ([READ], "post", "/api/auth/ticket", True),
        ([READ], "post", "/api/threads", False),
        ([READ], "post", "/api/agents/none/runs", False),
        ([READ], "post", "/api/datasets", False),
        ([RUN], "get", "/api/runs", False),
        ([RUN], "get", "/api/agents", False),
        ([RUN], "post", "/api/threads", True),
        ([RUN], "post", "/api/agents/none/runs", True),
        ([RUN], "post", "/api/datasets", False),
        ([DATA], "post", "/api/datasets", True),
        ([DATA], "delete", "/api/datasets/00000000-0000-0000-0000-000000000000", True),
        ([DATA], "post", "/api/threads", False),
        ([READ, RUN, DATA], "get", "/api/health?full=1", False),
        ([READ, STAFF], "get", "/api/health?full=1", True),
        (list(Scope), "post", "/api/auth/password", False),
        (list(Scope), "patch", "/api/auth/me", False),
        (list(Scope), "get", "/api/auth/me", True),
        (list(Scope), "get", "/api/auth/keys", False),
        (list(Scope), "post", "/api/auth/keys", False),
        (list(Scope), "delete", "/api/auth/keys/1", False),
        (list(Scope), "post", "/api/auth/logout-all", False),
    ],
)
def test_a_key_may_do_what_its_scopes_say(
    alice: User, scopes: list[Scope], method: str, path: str, *, is_allowed: bool
) -> None:
    User.objects.update(is_staff=True)
    _, text = create_key(user=alice, name="script", scopes=scopes)
    answer = getattr(bearer(text), method)(path, {}, format="json" if method != "get" else None)
    if is_allowed:
        assert answer.status_code not in (401, 403)
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_key_gives_no_more_than_its_user_has(alice: User) -> None:
    _, text = create_key(user=alice, name="script", scopes=Scope)
    assert bearer(text).get("/api/health?full=1").status_code == 403


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_way_around_the_limit(alice: User) -> None:
    def make(number: int) -> bool:
        try:
            create_key(user=alice, name=f"key {number}", scopes=[Scope.READ])
        except TooManyKeys:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(make, range(KEYS_PER_USER + 16)))
    assert made.count(True) == ApiKey.objects.count() == KEYS_PER_USER
