"""Who is meant by a name or an address: nobody else than who has it, in any case."""

import pytest

from accounts.models import User
from accounts.names import named
from tests.accounts.devices import post
from tests.cast import PASSWORD, appear

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.com", "Alice@Example.COM"])
def test_any_case_means_the_same_person(alice: User, bob: User, login: str) -> None:
    assert named(login) == alice


@pytest.mark.parametrize("login", ["", "nobody", "alic_", "a%", "@"])
def test_what_nobody_is_called_means_nobody(alice: User, login: str) -> None:
    User.objects.create(username="homeless")  # has no address
    assert named(login) is None


@pytest.mark.parametrize("lookalike", ["al\u0131ce", "al\u00edce"], ids=ascii)
def test_who_took_a_similar_name_first_is_not_found_for_it(db: None, lookalike: str) -> None:
    appear(lookalike)
    alice = appear("alice")
    assert named("alice") == alice
    assert named("ALICE@example.com") == alice
    status, body = post("token", {"username": "Alice", "password": PASSWORD})
    assert status == 200
    assert post("token/verify", {"token": body["access"]})[1]["user_id"] == alice.pk
