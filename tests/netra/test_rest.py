"""Whatever is sent to /api/, the answer is JSON of one shape, and no 500."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches
from rest_framework.test import APIClient

from accounts.models import User
from agents.models import Thread
from netra.rest import describe
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

DAYS = "expires_in_days"


@pytest.fixture(autouse=True)
def fresh_urls() -> Iterator[None]:
    yield
    clear_url_caches()


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/runs/not-an-id", "/api/agents//"])
def test_an_unknown_path_is_told_so(method: str, path: str) -> None:
    answer = getattr(APIClient(), method)(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b'{"input": ',
        b'{"input": NaN}',
        b'{"input": "a\\u0000b"}',
        b'{"in\\u0000put": "a"}',
        b'{"input": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"input": "x", "n": 1e999}',
    ],
    ids=range(9),
)
def test_a_body_that_cannot_be_read_is_a_400(
    alice: User, client_for: ClientFor, body: bytes
) -> None:
    answer = client_for(alice).post(
        "/api/agents/helper/runs", body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()["code"] in ("parse_error", "invalid_input")


def test_a_body_may_not_be_larger_than_a_frame(alice: User, client_for: ClientFor) -> None:
    body = b'{"input": "' + b"x" * (5 * 1024 * 1024) + b'"}'
    answer = client_for(alice).post(
        "/api/agents/helper/runs", body, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("delete", "/api/runs", 405), ("post", "/api/auth/me", 405), ("get", "/api/auth/token", 405)],
)
def test_a_method_that_is_not_served_is_a_405(
    alice: User, client_for: ClientFor, method: str, path: str, status: int
) -> None:
    answer = getattr(client_for(alice), method)(path)
    assert (answer.status_code, answer.json()["code"]) == (status, "method_not_allowed")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer a b", "Bearer \u00e9", "Bearer " + "x" * 9000, "Basic YTpi"],
)
def test_an_odd_credential_is_a_401(header: str) -> None:
    answer = APIClient().get("/api/auth/me", headers={"Authorization": header})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/api/health", "/api/schema", "/api/docs", "/api/auth/token"])
@pytest.mark.parametrize(
    ("method", "accept", "status", "code"),
    [("put", "*/*", 405, "method_not_allowed"), ("get", "image/png", 406, "not_acceptable")],
)
def test_every_view_refuses_in_json(
    path: str, method: str, accept: str, status: int, code: str
) -> None:
    answer = getattr(APIClient(), method)(path, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_method_on_an_unknown_path_needs_no_csrf_token() -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/threads", {"title": 5}, "title"),
        ("/api/agents/helper/runs", {"input": 5}, "input"),
        ("/api/auth/token", {"username": 5, "password": "x"}, "username"),
        ("/api/auth/token", {"username": "x", "password": "x", "cookie": "true"}, "cookie"),
        ("/api/auth/keys", {"name": "x", "scopes": ["read"], "expires_in_days": "5"}, DAYS),
        ("/api/auth/keys", {"name": "x", "scopes": []}, "scopes"),
    ],
    ids=["title", "input", "username", "cookie", "days", "scopes"],
)
def test_a_value_of_another_type_is_not_taken_for_one(
    alice: User, client_for: ClientFor, path: str, body: dict[str, Any], field: str
) -> None:
    answer = client_for(alice).post(path, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert list(answer.json()["details"]) == [field]


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "nonsense"])
def test_a_body_of_another_media_type_is_a_415(
    alice: User, client_for: ClientFor, media_type: str
) -> None:
    answer = client_for(alice).post("/api/threads", b"title=x", content_type=media_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_foreign_host_is_refused_as_json() -> None:
    answer = Client().get("/api/agents", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.database
@pytest.mark.parametrize(
    "path",
    [
        "/api/runs?thread_id=%00",
        "/api/runs?status=a%00b",
        "/api/runs?page=%00",
        "/api/runs?nothing=%00",
        "/api/runs?%00=x",
        "/api/threads?q=%00",
        "/api/threads?q=fine&q=%00",
        "/api/agents?page_size=%00",
        "/api/health?full=%00",
    ],
)
def test_a_nul_in_a_query_is_a_400(alice: User, client_for: ClientFor, path: str) -> None:
    answer = client_for(alice).get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert "NUL" in answer.json()["message"]


@pytest.mark.database
@pytest.mark.parametrize("query", ["thread_id=%ff%fe", "thread_id=" + "x" * 5000, "status="])
def test_odd_filters_find_nothing(alice: User, client_for: ClientFor, query: str) -> None:
    answer = client_for(alice).get(f"/api/runs?{query}")
    assert (answer.status_code, answer.json()["count"]) == (200, 0)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/runs?status=%ed%a0%80", "status"),
        ("/api/runs?status=Running", "status"),
        ("/api/health?full=perhaps", "full"),
    ],
)
def test_a_query_that_can_mean_nothing_is_a_400(
    alice: User, client_for: ClientFor, path: str, field: str
) -> None:
    answer = client_for(alice).get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert list(answer.json()["details"]) == [field]


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5", "²", "9" * 5000])
def test_a_page_has_a_size(alice: User, client_for: ClientFor, size: str) -> None:
    answer = client_for(alice).get("/api/runs", {"page_size": size})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert "page_size" in answer.json()["message"]


def test_pages_are_bounded(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    assert client.get("/api/runs?page=99").status_code == 404
    assert client.get("/api/runs?page=x").status_code == 404
    Thread.objects.bulk_create(Thread(user=alice, key=f"t{number}") for number in range(501))
    page = client.get("/api/threads?page_size=100000").json()
    assert (page["count"], len(page["results"])) == (501, 500)


def test_what_nobody_expected_tells_an_incident_and_nothing_else() -> None:
    status, body, _ = describe(ZeroDivisionError("secret detail"))
    assert (status, body["code"]) == (500, "internal")
    assert "secret" not in body["message"]
    assert "incident" in body["message"]


def test_every_page_has_a_strict_policy(alice: User) -> None:
    for path in ("/", "/api/agents", "/api/docs/", "/nothing"):
        policy = APIClient().get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
