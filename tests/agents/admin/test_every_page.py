"""What holds for each page of the admin; they are found, so a new one is held to it too."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.administration import fill, list_of, page_of, registered, root, signed_in, staff

pytestmark = pytest.mark.database

QUERIES_ALLOWED = 40
FEW, MANY = 3, 30


def pages(rows: dict[type[Model], Model]) -> dict[str, str]:
    """Every list, page, history and confirmation of a deletion, by its name."""
    found = {"index": "/admin/"}
    for model in registered():
        name = model._meta.label
        found[f"list of {name}"] = list_of(model)
        for view in ("change", "history", "delete"):
            found[f"{view} of {name}"] = page_of(rows[model], view)
    return found


def queries_of(client: Client, pages: dict[str, str]) -> dict[str, int]:
    """How many queries each page takes that may be seen."""
    counts = {}
    for name, address in pages.items():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert response.status_code in (200, 403), (name, response.status_code)
        if response.status_code == 200:
            counts[name] = len(queries)
    return counts


def viewer() -> User:
    """Somebody who may look at everything and change nothing."""
    views = Permission.objects.filter(codename__startswith="view_")
    return staff("viewer", *views.values_list("codename", flat=True))


VISITORS = pytest.mark.parametrize("visitor", [root, viewer])


@VISITORS
def test_no_page_takes_more_queries_for_more_rows(db: None, visitor: Callable[[], User]) -> None:
    client = signed_in(visitor())
    rows = fill(0, FEW)
    queries_of(client, pages(rows))  # the first visits fill the cache of content types
    few = queries_of(client, pages(rows))
    many = queries_of(client, pages(fill(FEW, MANY)))
    assert many == few
    assert max(many.values()) < QUERIES_ALLOWED


@VISITORS
def test_every_page_is_there(db: None, visitor: Callable[[], User]) -> None:
    client = signed_in(visitor())
    shown = queries_of(client, pages(fill(0, FEW)))
    for model in registered():
        assert f"list of {model._meta.label}" in shown
        assert f"change of {model._meta.label}" in shown
