"""Lists read what they show: texts that may be long stay in the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from agents.models import AgentVersion, Dataset
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
