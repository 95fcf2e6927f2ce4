"""Lists cost the same for many rows, and read what they show."""

from typing import cast

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from agents.models import AgentVersion, Dataset
from tests.administration import fill, root
from tests.agents.factories import make_agent, make_run
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

LONG = {
    "agents": AgentVersion.TEXTS,
    "agents/status": AgentVersion.TEXTS,
    "agents/helper/versions": AgentVersion.TEXTS,
    "runs": ("context", "parameters"),
    "datasets": ("profile",),
}
"""Columns that no entry of a list shows."""


@pytest.mark.parametrize("path", LONG)
def test_what_a_list_does_not_show_is_not_read(
    alice: User, client_for: ClientFor, path: str
) -> None:
    helper = make_agent()
    AgentVersion.objects.create(agent=helper, number=2, source="admin")
    for name in ("helper", "other"):
        make_run(alice, agent=make_agent(name))
        Dataset.objects.create(user=alice, name=name, size_bytes=1, rows=1, profile={})
    client = client_for(alice)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/api/{path}").json()["count"] == 2
    (page,) = [query["sql"] for query in queries.captured_queries if "LIMIT 2" in query["sql"]]
    assert [column for column in LONG[path] if f'."{column}"' in page] == []


LISTS = {
    "root": ("agents?all=1", "agents/status", "agents/config", "agents/owned/versions"),
    "owner": ("agents/list", "runs", "threads", "threads/first/messages", "datasets", "auth/keys"),
}
"""Who looks, and at which lists, of what `fill` makes."""


def rows_of_owner(first: int, end: int) -> User:
    """Of everything that `fill` makes, and threads."""
    owner = cast(User, fill(first, end)[User])
    for number in range(first, end):
        make_run(owner, thread=f"own{number}")
    return owner


def test_no_list_takes_more_queries_for_more_rows(client_for: ClientFor) -> None:
    visitors = {"root": client_for(root())}
    visitors["owner"] = client_for(rows_of_owner(0, 3))

    def queries_of(visitor: str, path: str) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            shown = len(visitors[visitor].get(f"/api/{path}").json()["results"])
        return shown, len(queries)

    lists = [(visitor, path) for visitor, paths in LISTS.items() for path in paths]
    few = {path: queries_of(visitor, path) for visitor, path in lists}
    rows_of_owner(3, 12)
    for visitor, path in lists:
        shown, queries = queries_of(visitor, path)
        assert shown > few[path][0], path
        assert queries == few[path][1], path
