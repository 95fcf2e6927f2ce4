"""What all tests share: the cast, and a REST client for each of them."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from rest_framework.test import APIClient

from accounts import log_ins
from accounts.models import LogIn, User
from tests.cast import appear
from tests.patient import Patient
from tests.sharing import Sharing
from tests.stack import Stack

ClientFor = Callable[[User], APIClient]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """In the process that hands out the tests."""
    return Sharing(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What mostly waits comes first, each beside a short one, so that nothing is left to wait."""
    if not hasattr(config, "workerinput"):
        return  # in one process, tests of a module stay together, which share what it has started
    waiting = [item for item in items if item.get_closest_marker("waits")]
    rest = [item for item in items if not item.get_closest_marker("waits")]
    pairs = list(zip(waiting, rest, strict=False))
    items[:] = [*chain.from_iterable(pairs), *waiting[len(pairs) :], *rest[len(pairs) :]]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """A file, like the real one: threads of their own connections meet in it."""
    if settings.IS_SQLITE:
        connection.settings_dict["TEST"]["NAME"] = str(settings.DATA_DIR / "test.sqlite3")


@pytest.fixture(autouse=True)
def uncounted() -> None:
    """No test is throttled for what another one did; Redis is away, so each process counts."""
    caches["local"].clear()


@pytest.fixture
def alice(db: None) -> User:
    """Owns what a test is about."""
    return appear("alice")


@pytest.fixture
def bob(db: None) -> User:
    """Another user, who must not see what is alice's."""
    return appear("bob")


@pytest.fixture
def charlie(db: None) -> User:
    """A user without rights to anything, and inactive."""
    return appear("charlie", is_active=False)


@pytest.fixture
def client_for() -> ClientFor:
    """A REST client that sends a user's real access token."""

    def client(user: User) -> APIClient:
        made = APIClient(raise_request_exception=False)
        made.credentials(
            HTTP_AUTHORIZATION=f"Bearer {log_ins.begin(user, LogIn.Means.COMMAND).access}"
        )
        return made

    return client


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole Netra that tests share; who hurts a part of it takes `hurt_stack`."""
    shared = Stack(tmp_path_factory.mktemp("stack"))
    try:
        shared.start(workers=1)
        yield shared
    finally:
        shared.stop()


@pytest.fixture(scope="session")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    """Keeps what `hurt_stack` gives."""
    kept = Patient(tmp_path_factory)
    try:
        yield kept
    finally:
        kept.stop()


@pytest.fixture
def hurt_stack(request: pytest.FixtureRequest, patient: Patient) -> Iterator[Stack]:
    """A whole Netra with two workers that may be hurt in every way: it is mended for the next."""
    failed_before = request.session.testsfailed
    yield patient.whole()
    if request.session.testsfailed > failed_before:
        patient.stop()  # who knows what is in it


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    """A whole Netra of one test's own, not started yet: for settings or figures of its own."""
    own = Stack(tmp_path)
    try:
        yield own
    finally:
        own.stop()
