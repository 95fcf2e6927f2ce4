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


ODD_QUERIES = [
    {"q": "\x00"},
    {"q": "' OR 1=1 --"},
    {"q": "\u202e%_\\" * 500},
    {"q": "\ud7ff\U0010ffff"},
    {"p": "-1"},
    {"p": "9" * 30},
    {"o": "99.-98.x"},
    {"all": ""},
    {"e": "1"},
    {"id__exact": "9" * 30},
    {"id__exact": "x"},
    {"id__in": "1,,x"},
    {"user__id__exact": "9" * 30},
    {"user__password__startswith": "pbkdf2"},
    {"created_at__gte": "yesterday"},
    {"created_at__gte": "9999-99-99"},
    {"state__exact": "\x00"},
    {"live": "maybe"},
    {"_popup": "1", "_to_field": "password"},
    {"nonsense": "1"},
]


@pytest.mark.parametrize("query", ODD_QUERIES, ids=str)
def test_no_query_breaks_a_list(db: None, query: dict[str, str]) -> None:
    client = signed_in(root())
    client.raise_request_exception = False
    fill(0, 1)
    for model in registered():
        answer = client.get(list_of(model), query)
        assert answer.status_code in (200, 302, 400), (model, answer.status_code)
        assert "pbkdf2_sha256$" not in answer.text


@pytest.mark.parametrize("key", ["", "x", "9" * 40, "\x00", "\u202e"])
def test_no_selection_breaks_an_action(db: None, key: str) -> None:
    client = signed_in(root())
    client.raise_request_exception = False
    for model in registered():
        for action in ("delete_selected", "end", "log-out", "unlock", "cancel"):
            sent = {"action": action, "_selected_action": [key], "post": "yes"}
            assert client.post(list_of(model), sent).status_code in (200, 302), (model, action)


@pytest.mark.parametrize(
    "key", ["0", "x", "9" * 40, "-1", "a_2Fb", "\u202e", "%00", "_00", "..%2f", "None"]
)
def test_no_address_breaks_a_page(db: None, key: str) -> None:
    client = signed_in(root())
    client.raise_request_exception = False
    for model in registered():
        for view in ("change", "delete", "press/end"):
            address = f"{list_of(model)}{key}/{view}/"
            for answer in (client.get(address), client.post(address, {"post": "yes"})):
                assert answer.status_code in (302, 400, 403, 404, 405), (
                    address,
                    answer.status_code,
                )
