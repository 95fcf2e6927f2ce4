from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.authentication import session_of_token
from accounts.exceptions import AuthenticationFailed
from accounts.links import login_link
from accounts.models import LogIn, User
from accounts.users import change_profile
from tests.accounts.devices import bearer, is_good, pair_of, post
from tests.cast import PASSWORD
from tests.conftest import ClientFor

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_me_is_who_the_token_belongs_to(alice: User, client_for: ClientFor) -> None:
    body = client_for(alice).get("/api/auth/me/").json()
    assert (body["id"], body["username"], body["email"], body["has_password"]) == (
        alice.pk,
        "alice",
        "alice@example.com",
        True,
    )
    assert "password" not in body
    assert APIClient().get("/api/auth/me").status_code == 401


def test_people_change_their_names(alice: User, client_for: ClientFor) -> None:
    changes = {"username": "alice.liddell", "first_name": "Alice", "last_name": "Liddell"}
    answer = client_for(alice).patch("/api/auth/me", changes, format="json")
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in changes} == changes
    alice.refresh_from_db()
    assert (alice.username, alice.first_name, alice.email) == (
        "alice.liddell",
        "Alice",
        "alice@example.com",
    )


def test_a_new_address_needs_the_password(alice: User, client_for: ClientFor) -> None:
    client, changes = client_for(alice), {"email": "new@example.com"}
    for wrong in ({}, {"current_password": "wrong"}):
        answer = client.patch("/api/auth/me", {**changes, **wrong}, format="json")
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["current_password"])
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    body = {**changes, "current_password": PASSWORD}
    assert client.patch("/api/auth/me", body, format="json").json()["email"] == "new@example.com"


def test_links_sent_to_the_old_address_end_with_it(alice: User, client_for: ClientFor) -> None:
    link = login_link(alice, base_url="https://netra.example", valid_for=timedelta(hours=1))
    client, secret = client_for(alice), link.rpartition("=")[2]
    body = {"email": "new@example.com", "current_password": PASSWORD}
    assert client.patch("/api/auth/me", body, format="json").status_code == 200
    assert post("link", {"secret": secret})[0] == 401


def test_who_was_logged_out_meanwhile_changes_nothing(alice: User) -> None:
    session = session_of_token(pair_of(alice).access)
    alice.end_log_ins()
    with pytest.raises(AuthenticationFailed):
        change_profile(session, {"email": "mine@example.com"}, PASSWORD)
    assert User.objects.get().email == "alice@example.com"


def test_the_password_cannot_be_guessed_here_either(alice: User, client_for: ClientFor) -> None:
    client, body = client_for(alice), {"email": "x@example.com", "current_password": ""}
    answers = [client.patch("/api/auth/me", body, format="json").status_code for _ in range(31)]
    assert answers == [400] * 30 + [429]
    assert client.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "BOB"),
        ("username", "\uff22\uff4f\uff42"),  # Bob, in wide letters
        ("username", "a b"),
        ("username", "\u2474"),  # which is written (1)
        ("username", "\ufdfa" * 64),  # each of which is eighteen letters
        ("email", "Bob@example.com"),
        ("email", "x"),
        ("email", "a@" + ".".join(["\u0130" * 60] * 4) + ".com"),  # longer in small letters
        ("first_name", "x" * 151),
    ],
)
def test_what_cannot_be_taken_is_named_by_its_field(
    alice: User, bob: User, client_for: ClientFor, field: str, value: str
) -> None:
    body = {field: value, "current_password": PASSWORD}
    answer = client_for(alice).patch("/api/auth/me", body, format="json")
    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])


@pytest.mark.parametrize(
    "more", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}, {"id": 1}], ids=str
)
def test_nothing_else_can_be_changed(
    alice: User, client_for: ClientFor, more: dict[str, Any]
) -> None:
    assert client_for(alice).patch("/api/auth/me", more, format="json").status_code == 200
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser, alice.is_active) == (False, False, True)


def test_a_profile_change_ends_no_log_in(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    access = pair_of(alice, LogIn.Means.LINK).access
    bearer(access).patch("/api/auth/me", {"first_name": "Alice"}, format="json")
    assert is_good(access)
