"""Who saves what of a user, and what ends with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from accounts.keys import create_key
from accounts.models import User
from accounts.scopes import Scope
from accounts.sessions import review
from accounts.signals import log_ins_ended
from tests.accounts.devices import is_good, pair_of
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def announced() -> Iterator[list[int]]:
    """The users of whom it is said that log-ins have ended."""
    users: list[int] = []

    def note(user_id: int, **_: Any) -> None:
        users.append(user_id)

    log_ins_ended.connect(note)
    try:
        yield users
    finally:
        log_ins_ended.disconnect(note)


def set_password(user: User) -> None:
    user.set_password("tangerine-lighthouse-7")
    user.save()


def lose_password(user: User) -> None:
    user.set_unusable_password()
    user.save()


def deactivate(user: User) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])


def delete(user: User) -> None:
    User.objects.filter(pk=user.pk).delete()


@pytest.mark.parametrize("change", [set_password, lose_password, deactivate, delete])
def test_it_ends_all_log_ins_whoever_saves_it(
    alice: User, bob: User, change: Callable[[User], None]
) -> None:
    tokens, bobs, alices_id = pair_of(alice), pair_of(bob), alice.pk
    with announced() as users:
        change(alice)
    assert users == [alices_id]
    assert not is_good(tokens.access)
    assert is_good(bobs.access)


def test_other_changes_end_nothing(alice: User) -> None:
    tokens = pair_of(alice)
    with announced() as users:
        alice.first_name = "Alice"
        alice.is_staff = True
        alice.save()
    assert users == []
    assert is_good(tokens.access)


def test_nor_do_they_of_who_has_no_password(alice: User) -> None:
    lose_password(alice)
    _, key = create_key(user=alice, name="report", scopes=Scope)
    alice.first_name = "Alice"
    alice.save()
    assert is_good(key)


@pytest.mark.database
def test_who_read_the_user_before_does_not_give_ended_log_ins_back(alice: User) -> None:
    tokens, read_before = pair_of(alice), User.objects.get()
    alice.end_log_ins()
    read_before.first_name = "Alice"
    read_before.save()
    assert not is_good(tokens.access)
    assert is_good(pair_of(read_before).access)


def test_who_is_active_again_does_not_get_the_old_log_ins_back(alice: User) -> None:
    tokens = pair_of(alice)
    deactivate(alice)
    alice.is_active = True
    alice.save()
    assert not is_good(tokens.access)
    assert is_good(pair_of(alice).access)


def test_a_hash_that_is_made_anew_is_no_new_password(alice: User, settings: Settings) -> None:
    hashers = settings.PASSWORD_HASHERS
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *hashers]
    alice.password = make_password(PASSWORD)
    alice.save()
    tokens, old, version = pair_of(alice), alice.password, alice.token_version
    settings.PASSWORD_HASHERS = [*hashers, "django.contrib.auth.hashers.MD5PasswordHasher"]
    assert alice.check_password(PASSWORD)
    alice.refresh_from_db()
    assert alice.password != old
    assert is_good(tokens.access)
    settings.PASSWORD_HASHERS = [*hashers[::-1], "django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.get().end_log_ins()
    assert alice.check_password(PASSWORD)
    assert alice.token_version == version  # nor does who was ended become somebody new


def test_the_log_ins_of_who_is_gone_end_without_noise(alice: User) -> None:
    User.objects.filter(pk=alice.pk).delete()
    alice.end_log_ins()


def test_what_is_rolled_back_is_not_announced(alice: User) -> None:
    with announced() as users, transaction.atomic():
        alice.end_log_ins()
        transaction.set_rollback(True)
    assert users == []


@pytest.mark.database
def test_a_review_tells_the_living_from_the_ended(alice: User, bob: User) -> None:
    kept = alice.logins.get(pk=_row(alice))
    ended = alice.logins.get(pk=_row(alice))
    bobs = bob.logins.get(pk=_row(bob))
    bob.end_log_ins()
    type(ended).objects.filter(pk=ended.pk).end()
    found = review({kept.family, ended.family, bobs.family, "f" * 32})
    assert found.ended == {ended.family, bobs.family, "f" * 32}
    assert found.read_at is not None
    assert review({"f" * 32}).read_at is None


def _row(user: User) -> int:
    pair_of(user)
    newest = user.logins.order_by("-pk").first()
    assert newest is not None
    return newest.pk


def test_the_admins_cookie_ends_with_the_log_ins(alice: User) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(alice, backend="accounts.backends.NameOrEmailBackend")
    assert client.get("/admin/").status_code == 200
    alice.end_log_ins()
    assert client.get("/admin/").status_code == 302
