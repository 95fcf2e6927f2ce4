"""`/api/datasets/…` over HTTP: upload, list, look at, delete; and what bad requests are told."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.response import Response

from accounts.models import User
from agents.models import Dataset
from agents.services.datasets import install_demo
from tests.conftest import ClientFor

LOG = b"timestamp,model,tokens_in,took\n2026-11-03T10:00:00Z,gpt-4o,5,2\n"
URL = "/api/datasets"


class Api:
    """A user's client, with the requests of these tests."""

    def __init__(self, client_for: ClientFor, user: User) -> None:
        self.client = client_for(user)

    def upload(self, content: bytes = LOG, name: str = "usage.csv", **fields: str) -> Any:
        return self.client.post(URL, {"file": SimpleUploadedFile(name, content), **fields})

    def get(self, path: str = "") -> Any:
        return self.client.get(URL + path)

    def delete(self, path: str) -> Any:
        return self.client.delete(URL + path)


@pytest.fixture
def alices(client_for: ClientFor, alice: User) -> Api:
    return Api(client_for, alice)


@pytest.fixture
def bobs(client_for: ClientFor, bob: User) -> Api:
    return Api(client_for, bob)


def refused(response: Response, status: int, code: str) -> str:
    body = response.json()  # type: ignore[attr-defined]
    assert (response.status_code, body["code"]) == (status, code)
    message: str = body["message"]
    return message


def test_an_upload_answers_with_the_profile(alices: Api) -> None:
    response = alices.upload(name="october.csv")
    body = response.json()
    assert response.status_code == 201
    assert (body["name"], body["format"], body["rows"]) == ("october", "csv", 1)
    assert body["is_shared"] is False
    assert {column["column"] for column in body["profile"]["columns"]} >= {"timestamp", "model"}
    assert "cost_usd" in body["profile"]["missing"]
    assert abs(body["created_at"] - time.time()) < 60


def test_an_upload_takes_a_name_and_a_mapping(alices: Api) -> None:
    mapping = {"latency_ms": {"column": "took", "unit": "s"}}
    body = alices.upload(name="x.csv", mapping=json.dumps(mapping)).json()
    preview = alices.get(f"/{body['id']}/preview").json()
    assert preview["rows"][0]["latency_ms"] == 2000


def test_a_name_may_be_given(alices: Api) -> None:
    response = alices.client.post(URL, {"file": SimpleUploadedFile("x", LOG), "name": "Q3"})
    assert response.json()["name"] == "Q3"


@pytest.mark.parametrize("slash", ["", "/"])
def test_own_and_shared_data_sets_are_listed(alices: Api, bobs: Api, slash: str) -> None:
    demo = install_demo(timezone.now())
    bobs.upload()
    mine = alices.upload().json()
    listed = alices.get(slash).json()
    assert listed["count"] == 2
    assert [row["id"] for row in listed["results"]] == [mine["id"], str(demo.pk)]
    assert "profile" not in listed["results"][0]


def test_a_foreign_data_set_is_a_404_everywhere(alices: Api, bobs: Api) -> None:
    made = alices.upload().json()["id"]
    for response in (
        bobs.get(f"/{made}"),
        bobs.get(f"/{made}/preview"),
        bobs.delete(f"/{made}"),
    ):
        refused(response, 404, "dataset_not_found")
    assert alices.get(f"/{made}").status_code == 200


@pytest.mark.parametrize("path", ["/17", "/00000000-0000-0000-0000-000000000000", "/%00", "/a.b"])
def test_an_unknown_id_is_a_404(alices: Api, path: str) -> None:
    refused(alices.get(path), 404, "dataset_not_found")


def test_a_data_set_is_deleted_by_its_owner(alices: Api) -> None:
    made = alices.upload().json()["id"]
    assert alices.delete(f"/{made}/").status_code == 204
    refused(alices.get(f"/{made}"), 404, "dataset_not_found")


def test_a_shared_data_set_cannot_be_deleted(alices: Api) -> None:
    demo = install_demo(timezone.now())
    assert "shared" in refused(alices.delete(f"/{demo.pk}"), 403, "permission_denied")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"name,age\nbob,3\n", "mapping"),
        (b"\xff\xfem\x00", "UTF-16"),
        (b"PK\x03\x04[Content_Types].xml", "Excel"),
    ],
)
def test_a_bad_file_is_a_400_that_says_what_to_correct(
    alices: Api, content: bytes, said: str
) -> None:
    assert said in refused(alices.upload(content), 400, "unreadable_file")
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    "mapping", ["{", "[1]", '{"latency_ms": "nope"}', '{"nope": "took"}', '{"a": "\\u0000"}', "7"]
)
def test_a_bad_mapping_is_a_400(alices: Api, mapping: str) -> None:
    refused(alices.upload(mapping=mapping), 400, "invalid_input")
    assert not Dataset.objects.exists()


def test_an_upload_without_a_file_says_which_field_is_missing(alices: Api) -> None:
    response = alices.client.post(URL, {"name": "x"})
    refused(response, 400, "invalid_input")
    assert "file" in response.json()["details"]


def test_a_body_that_is_no_form_is_refused(alices: Api) -> None:
    response = alices.client.post(URL, {"file": "text"}, format="json")
    refused(response, 415, "unsupported_media_type")
    broken = alices.client.generic("POST", URL, "x", content_type="multipart/form-data")
    refused(broken, 400, "parse_error")


def test_a_field_that_is_too_long_for_memory_is_a_400(alices: Api) -> None:
    response = alices.upload(mapping="x" * (6 * 1024 * 1024))
    refused(response, 400, "parse_error")


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_a_file_over_the_limit_is_a_413_and_leaves_nothing(
    alices: Api, settings: Any, size: int
) -> None:
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    before = list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())
    message = refused(alices.upload(LOG + b"x" * size), 413, "too_large")
    assert "1 MiB" in message
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == before


def test_a_file_just_under_the_limit_is_taken(alices: Api, settings: Any) -> None:
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    rows = b"2026-11-03T10:00:00Z,gpt-4o,5,2\n"
    content = LOG + rows * ((1024 * 1024 - len(LOG)) // len(rows))
    assert alices.upload(content).status_code == 201


def test_the_uploaded_temporary_file_is_removed(alices: Api, settings: Any) -> None:
    alices.upload()
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


def test_nobody_uploads_or_lists_without_a_token(alices: Api, db: None) -> None:
    alices.client.credentials()
    refused(alices.get(), 401, "not_authenticated")
    refused(alices.upload(), 401, "not_authenticated")


def test_a_file_named_as_a_path_stays_where_it_belongs(alices: Api) -> None:
    body = alices.upload(name="../../etc/passwd").json()
    assert body["name"] == "passwd"
