"""What is alice's is not there for bob: every verb of every path that names something of hers."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from accounts.keys import create_key
from accounts.models import ApiKey, User
from accounts.scopes import Scope
from agents.models import Approval, Dataset, Message, Run, Thread, ToolCall
from agents.services.datasets import create_dataset
from tests.accounts.devices import bearer, pair_of
from tests.agents.factories import make_run
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

VERBS = ("get", "post", "put", "patch", "delete")
OWNED = {"run_id", "dataset_id", "key_id", "key"}
"""Parameters of paths that name what belongs to a user."""


def paths() -> Iterator[tuple[str, str]]:
    """Verb and path, of all that the server says it serves."""
    generator: Any = SchemaGenerator
    schema = generator().get_schema(request=None, public=True)
    for path, operations in schema["paths"].items():
        if OWNED & set(re.findall(r"{(\w+)}", path)):
            yield from ((verb, path) for verb in VERBS if verb in operations)


PATHS = sorted(paths())


@pytest.fixture
def owned(alice: User, tmp_path: Path) -> dict[str, str]:
    """Alice's, by the name of the parameter."""
    run = make_run(alice, thread="hers")
    Message.objects.create(thread=run.thread, run=run, role="user", content="Why?")
    ToolCall.objects.create(
        run=run,
        response=0,
        position=0,
        call_id="call_0_0",
        tool="nap",
        arguments="{}",
        approval=Approval.WAITING,
        approval_expires_at=timezone.now() + timedelta(hours=1),
    )
    log = tmp_path / "log.csv"
    log.write_text("timestamp,input_tokens\n2026-11-01T00:00:00Z,7\n")
    dataset = create_dataset(user=alice, file=log, name="log")
    key, _ = create_key(user=alice, name="script", scopes=Scope)
    return {
        "run_id": str(run.pk),
        "call_id": "call_0_0",
        "key": "hers",
        "dataset_id": str(dataset.pk),
        "key_id": str(key.pk),
    }


def everything() -> list[dict[str, Any]]:
    kinds: tuple[Any, ...] = (Run, Thread, Message, ToolCall, Dataset)
    hers: Any = ApiKey.objects.filter(user__username="alice")
    return [*hers.values(), *(row for kind in kinds for row in kind.objects.values())]


def ask(client: APIClient, verb: str, path: str, owned: dict[str, str]) -> tuple[int, str]:
    body = {"content": "Why?", "title": "mine", "reason": "because", "decision": "approve"}
    answer = getattr(client, verb)(
        path.format(**owned), body if verb != "get" else None, format="json"
    )
    return answer.status_code, answer.json()["code"]


def test_there_are_such_paths() -> None:
    """Or the others would prove nothing."""
    assert {parameter for _, path in PATHS for parameter in re.findall(r"{(\w+)}", path)} >= OWNED
    assert {verb for verb, _ in PATHS} >= {"get", "post", "patch", "delete"}


@pytest.mark.parametrize(("verb", "path"), PATHS)
def test_somebody_else_finds_nothing(
    owned: dict[str, str], bob: User, charlie: User, client_for: ClientFor, verb: str, path: str
) -> None:
    _, key = create_key(user=bob, name="script", scopes=Scope)
    before = everything()
    status, code = ask(client_for(bob), verb, path, owned)
    assert status == 404
    assert code.endswith("not_found")
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    assert ask(client_for(bob), verb, path, owned)[0] == 404  # staff use the admin for that
    if "{key_id}" not in path:
        assert ask(bearer(key), verb, path, owned)[0] == 404
    assert ask(APIClient(), verb, path, owned) == (401, "not_authenticated")
    inactive = bearer(pair_of(charlie).access)
    assert ask(inactive, verb, path, owned) == (401, "authentication_failed")
    assert everything() == before


@pytest.mark.parametrize("path", [path for verb, path in PATHS if verb == "get"])
def test_its_owner_finds_it(
    owned: dict[str, str], alice: User, client_for: ClientFor, path: str
) -> None:
    """Or the others would prove nothing."""
    assert client_for(alice).get(path.format(**owned)).status_code == 200
