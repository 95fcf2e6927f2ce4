"""Who tries too often waits; nobody else does."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.throttles import LogInThrottle
from tests.accounts.devices import is_good, pair_of, post
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db

SURELY_TOO_MANY = 35  # thirty are allowed; the window may slide a little under a slow test
QUICK = "django.contrib.auth.hashers.MD5PasswordHasher"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Settings) -> None:
    """Hashing is slow on purpose, and no part of these tests."""
    settings.PASSWORD_HASHERS = [QUICK]


@pytest.fixture
def eve(alice: User) -> User:
    """Somebody whose password is hashed quickly."""
    alice.password = make_password(PASSWORD)
    alice.save()
    return alice


def attempt(login: str, password: str = "wrong", address: str = "198.51.100.1") -> int:
    body = {"username": login, "password": password}
    return post("token", body, **{"X-Forwarded-For": f"1.2.3.4, {address}"})[0]


@pytest.fixture
def proxied(settings: Settings) -> None:
    settings.TRUST_PROXY = True


def test_fifty_attempts_a_minute_are_too_many(proxied: None, eve: User) -> None:
    answers = [attempt(f"user{number}") for number in range(50)]
    assert 30 <= answers.count(401) < SURELY_TOO_MANY
    assert answers == [401] * answers.count(401) + [429] * answers.count(429)
    assert attempt("alice", PASSWORD, address="203.0.113.9") == 200  # somebody else


def test_fifty_at_once_are_too_many_too(proxied: None, eve: User) -> None:
    with ThreadPoolExecutor(16) as pool:
        throttled = [*pool.map(lambda _: LogInThrottle().allow_request(eve_asks()), range(50))]
    assert throttled.count(True) == 30


def eve_asks() -> HttpRequest:
    return RequestFactory().post("/api/auth/token")


class Watched(LogInThrottle):
    """Looks at a clock that the test moves."""

    now = 0.0
    clock = staticmethod(lambda: Watched.now)


def let_in(attempts: int, at: float) -> int:
    Watched.now = at
    return [Watched().allow_request(eve_asks()) for _ in range(attempts)].count(True)


def test_the_window_slides_and_what_was_refused_does_not_count(proxied: None) -> None:
    minute = 1_000_020.0
    assert minute % 60 == 0
    assert let_in(20, minute + 50) == 20
    assert let_in(1000, minute + 59) == 10
    assert let_in(30, minute + 75) == 7  # three quarters of those before still count
    assert let_in(30, minute + 90) == 8
    assert let_in(30, minute + 180) == 30


def test_it_is_said_when_to_come_back(proxied: None) -> None:
    for _ in range(SURELY_TOO_MANY):
        attempt("nobody")
    answer = APIClient().post(
        "/api/auth/token",
        {"username": "x", "password": "x"},
        format="json",
        headers={"X-Forwarded-For": "198.51.100.1"},
    )
    assert answer.json()["code"] == "throttled"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_a_made_up_address_does_not_help(proxied: None) -> None:
    for number in range(SURELY_TOO_MANY):
        body = {"username": "nobody", "password": "wrong"}
        post("token", body, **{"X-Forwarded-For": f"10.0.0.{number}, 198.51.100.1"})
    assert attempt("nobody") == 429


def test_nor_does_another_one_of_the_same_network(proxied: None) -> None:
    answers = [attempt("nobody", address=f"2001:db8::{number:x}") for number in range(10)]
    assert answers == [401] * 9 + [429]  # with one name
    answers = [attempt(f"user{number}", address=f"2001:db8::1:{number:x}") for number in range(25)]
    assert answers == [401] * 20 + [429] * 5
    assert attempt("nobody", address="2001:db8:0:1::1") == 401


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_ten_failures_with_a_name_lock_it_for_that_address(
    proxied: None, eve: User, name: str
) -> None:
    assert [attempt(name) for _ in range(10)] == [401] * 9 + [429]
    assert attempt(name, PASSWORD) == 429  # the right one too
    assert attempt("alice", PASSWORD, address="203.0.113.9") == 200
    assert AccessFailureLog.objects.filter(username=name).count() == 10


def test_ways_to_write_a_name_count_together(proxied: None, eve: User) -> None:
    ways = ["alice", "Alice", "ALICE", "alice@example.com", "Alice@Example.com"] * 2
    assert [attempt(way) for way in ways] == [401] * 9 + [429]


def test_a_success_forgets_the_failures(proxied: None, eve: User) -> None:
    for _ in range(2):
        assert [attempt("alice") for _ in range(9)] == [401] * 9
        assert attempt("Alice@example.com", PASSWORD) == 200
    assert not AccessAttempt.objects.exists()


def test_no_password_is_kept_of_a_failure(proxied: None, eve: User) -> None:
    attempt("alice", "my-other-password")
    for row in (*AccessAttempt.objects.all(), *AccessFailureLog.objects.all()):
        assert "my-other-password" not in str(row.__dict__)


def test_tokens_are_not_throttled(proxied: None, eve: User) -> None:
    pair = pair_of(eve)
    for _ in range(40):
        attempt("nobody")
    assert is_good(pair.access)
    assert post("token/refresh", {"refresh": pair.refresh})[0] == 200


def test_unknown_names_take_as_long_as_wrong_passwords(
    proxied: None, alice: User, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    User.objects.create_user("hollow")  # without a password
    User.objects.create(username="sleeper", is_active=False, password=alice.password)
    times = {}
    for name in ("alice", "hollow", "sleeper", "nobody", "nobody@example.com"):
        begun = time.process_time()
        assert attempt(name) == 401
        times[name] = time.process_time() - begun
    assert max(times.values()) < 2 * min(times.values()), times
