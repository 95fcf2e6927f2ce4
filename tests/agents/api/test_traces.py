"""`POST /v1/traces`: what OpenTelemetry's specification wants of a server, and of ours beside."""

import gzip
import json
import zlib
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from accounts.keys import create_key
from accounts.models import User
from accounts.scopes import Scope
from agents.models import Dataset, StagedSpan
from tests.agents.spans import CHAT, as_json, as_protobuf, chats, request, span
from tests.conftest import ClientFor

URL = "/v1/traces"
JSON, PROTOBUF = "application/json", "application/x-protobuf"
# The time would be in the names of tests, which must be the same in every process.
CUT_OFF = gzip.compress(b"cut off" * 99, mtime=0)[:-12]


class Exporter:
    """Posts as an application's exporter does."""

    def __init__(self, client_for: ClientFor, user: User) -> None:
        self.client = client_for(user)

    def post(self, body: bytes | str, media_type: str = PROTOBUF, **headers: str) -> Any:
        data: Any = body.encode() if isinstance(body, str) else body
        return self.client.generic("POST", URL, data, content_type=media_type, headers=headers)

    def send(self, *spans: Any) -> Any:
        return self.post(as_protobuf(spans))

    @property
    def dataset(self) -> dict[str, Any]:
        """The live data set, as REST shows it."""
        (row,) = self.client.get("/api/datasets").json()["results"]
        shown: dict[str, Any] = self.client.get(f"/api/datasets/{row['id']}").json()
        return shown

    @property
    def rows(self) -> list[dict[str, Any]]:
        preview = self.client.get(f"/api/datasets/{self.dataset['id']}/preview")
        rows: list[dict[str, Any]] = preview.json()["rows"]
        return rows


@pytest.fixture
def alices(client_for: ClientFor, alice: User) -> Exporter:
    return Exporter(client_for, alice)


@pytest.fixture
def bobs(client_for: ClientFor, bob: User) -> Exporter:
    return Exporter(client_for, bob)


def told(response: Any) -> tuple[int, int, str]:
    """Status of an answer, and the code and the message of the google.rpc.Status in it."""
    if response["Content-Type"] == JSON:
        body = response.json()
        return response.status_code, body["code"], body["message"]
    assert response["Content-Type"] == PROTOBUF
    body = response.content
    assert (body[0], body[2]) == (0x08, 0x12)
    length, at = (body[3], 4) if body[3] < 0x80 else ((body[3] & 0x7F) | body[4] << 7, 5)
    assert len(body) == at + length
    return response.status_code, body[1], body[at:].decode()


def test_spans_are_in_the_live_data_set_as_soon_as_they_are_taken(alices: Exporter) -> None:
    response = alices.send(span(1), span(2))
    assert (response.status_code, response["Content-Type"], response.content) == (
        200,
        PROTOBUF,
        b"",
    )
    dataset = alices.dataset
    assert (dataset["name"], dataset["format"], dataset["rows"]) == (
        "Live traces",
        "live-traces",
        2,
    )
    assert [row["input_tokens"] for row in alices.rows] == [100, 100]
    assert [row["latency_ms"] for row in alices.rows] == [250, 250]


def test_json_is_answered_in_json(alices: Exporter) -> None:
    response = alices.post(as_json([span(1)]), "application/json; charset=utf-8")
    assert (response.status_code, response.json()) == (200, {})
    assert alices.dataset["rows"] == 1


def test_the_profile_grows_with_each_report(alices: Exporter) -> None:
    alices.send(span(1))
    alices.send(span(5, {**CHAT, "gen_ai.agent.name": "support"}), span(6, {"http.method": "GET"}))
    profile = alices.dataset["profile"]
    filled = {column["column"]: column["filled"] for column in profile["columns"]}
    assert (profile["rows"], filled["input_tokens"], filled["feature"]) == (2, 2, 1)
    assert profile["first_timestamp"] == "2026-09-21T14:13:21Z"
    assert profile["last_timestamp"] == "2026-09-21T14:13:25Z"
    assert "cost_usd" in profile["missing"]
    assert "Not counted: 1 of 3 spans" in " ".join(profile["assumptions"])


def test_a_report_that_comes_again_changes_no_row(alices: Exporter) -> None:
    for _ in range(2):
        assert alices.send(span(1), span(2)).status_code == 200
    assert alices.dataset["rows"] == 2
    assert "2 spans that came more than once" in " ".join(alices.dataset["profile"]["assumptions"])


def test_each_user_has_a_live_data_set_of_their_own(alices: Exporter, bobs: Exporter) -> None:
    alices.send(span(1))
    bobs.send(span(1), span(2))
    assert (alices.dataset["rows"], bobs.dataset["rows"]) == (1, 2)


def test_bad_spans_are_rejected_with_the_reason_and_the_others_taken(alices: Exporter) -> None:
    spans = [span(1), span(2, spanId=""), span(3, startTimeUnixNano="0")]
    response = alices.post(as_json(spans), JSON)
    partial = response.json()["partialSuccess"]
    assert (response.status_code, partial["rejectedSpans"]) == (200, "2")
    assert partial["errorMessage"].startswith("A span has '' as its span id, which is no id.")
    assert (alices.dataset["rows"], alices.dataset["skipped_rows"]) == (1, 2)


def test_rejected_spans_are_told_in_protobuf_too(alices: Exporter) -> None:
    response = alices.send(span(1), span(2, startTimeUnixNano="0"))
    answer = ExportTraceServiceResponse.FromString(response.content)
    assert answer.partial_success.rejected_spans == 1
    assert "lacks a time" in answer.partial_success.error_message


@pytest.mark.parametrize(
    ("body", "media_type"), [(b"", PROTOBUF), ("{}", JSON), ('{"resourceSpans": null}', JSON)]
)
def test_an_empty_report_is_a_success(alices: Exporter, body: Any, media_type: str) -> None:
    assert alices.post(body, media_type).status_code == 200
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
def test_compressed_reports_are_unpacked(alices: Exporter, encoding: str, packed: Any) -> None:
    body = packed(as_protobuf([span(1)]))
    assert alices.post(body, **{"Content-Encoding": encoding}).status_code == 200
    assert alices.dataset["rows"] == 1


@pytest.mark.parametrize(
    ("body", "media_type", "headers", "status"),
    [
        (b"no protobuf", PROTOBUF, {}, 400),
        ("{", JSON, {}, 400),
        ("[]", JSON, {}, 400),
        ('{"resourceSpans": [[]]}', JSON, {}, 400),
        ('{"resourceSpans": "none"}', JSON, {}, 400),
        ("[" * 100_000, JSON, {}, 400),
        (b"no gzip", PROTOBUF, {"Content-Encoding": "gzip"}, 400),
        (
            gzip.compress(b"cut off" * 99, mtime=0)[:-12],
            PROTOBUF,
            {"Content-Encoding": "gzip"},
            400,
        ),
        (b"", PROTOBUF, {"Content-Encoding": "br"}, 415),
        ("a,b", "text/csv", {}, 415),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_form_of_the_request(
    alices: Exporter, body: Any, media_type: str, headers: dict[str, str], status: int
) -> None:
    response = alices.post(body, media_type, **headers)
    answered, code, message = told(response)
    assert (answered, code) == (status, 3)
    assert message.endswith(".")
    assert response["Content-Type"] == (PROTOBUF if media_type == PROTOBUF else JSON)


def test_a_body_that_becomes_too_large_is_refused_before_it_does(alices: Exporter) -> None:
    bomb = gzip.compress(bytes(settings.TRACES_LIMIT_BYTES * 4))
    assert len(bomb) < 100_000
    response = alices.post(bomb, **{"Content-Encoding": "gzip"})
    assert told(response)[0] == 413
    assert "20 MiB" in told(response)[2]


def test_many_empty_spans_are_refused_before_they_take_memory(alices: Exporter) -> None:
    empty = b"\x12\x00" * 50_000
    scope = b"\x12\xa0\x8d\x06" + empty
    body = b"\x0a\xa4\x8d\x06" + scope
    status, _, message = told(alices.post(body))
    assert (status, message) == (413, "A request may hold 20,000 spans. Send them in several.")


@pytest.mark.parametrize("around", [b"", b"\x0a\xc0\x84\x3d"])
def test_countless_empty_parts_are_refused_before_all_are_looked_at(
    alices: Exporter, around: bytes
) -> None:
    body = around + b"\x0a\x00" * 500_000
    status, _, message = told(alices.post(body))
    assert status == 400
    assert message.endswith("it has too many parts.")


def test_countless_compressed_streams_are_refused(alices: Exporter) -> None:
    body = gzip.compress(b"") * 20_000
    status, _, message = told(alices.post(body, **{"Content-Encoding": "gzip"}))
    assert (status, message) == (400, "The body is more than 16 compressed streams.")
    several = gzip.compress(as_protobuf([span(1)])) + gzip.compress(as_protobuf([span(2)]))
    assert alices.post(several, **{"Content-Encoding": "gzip"}).status_code == 200
    assert alices.dataset["rows"] == 2


def test_json_of_countless_objects_is_refused_before_they_are_made(alices: Exporter) -> None:
    body = '{"resourceSpans":[' + "{}," * 2_000_000 + "{}]}"
    assert told(alices.post(body, JSON))[0] == 413


def test_nobody_reports_without_a_credential(alices: Exporter) -> None:
    alices.client.credentials()
    response = alices.send(span(1))
    assert told(response)[:2] == (401, 16)
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["Bearer ", "Bearer%20", "bearer "])
def test_a_key_that_may_change_data_may_report(alices: Exporter, alice: User, scheme: str) -> None:
    _, key = create_key(user=alice, name="shop", scopes=[Scope.DATA])
    alices.client.credentials(HTTP_AUTHORIZATION=f"{scheme}{key}")
    assert alices.send(span(1)).status_code == 200
    assert StagedSpan.objects.count() == 1


def test_a_key_for_other_things_may_not_report(alices: Exporter, alice: User) -> None:
    _, key = create_key(user=alice, name="shop", scopes=[Scope.READ, Scope.RUN])
    alices.client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert told(alices.send(span(1)))[:2] == (403, 7)


def test_too_many_reports_are_told_when_to_come_again(alices: Exporter, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "traces": 2}
    caches["local"].clear()
    answers = [alices.send(span(number)) for number in range(1, 4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) >= 1


def test_a_full_staging_is_told_when_to_come_again(alices: Exporter, settings: Any) -> None:
    settings.STAGED_SPANS_LIMIT = 3
    assert alices.send(span(1), span(2)).status_code == 200
    response = alices.send(*chats(2, first=3))
    assert told(response)[:2] == (503, 14)
    assert response["Retry-After"] == "30"
    assert alices.dataset["rows"] == 2


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/logs", "/v1/traces/v1/traces"])
def test_other_signals_are_told_where_traces_go(alices: Exporter, path: str) -> None:
    response = alices.client.generic("POST", path, "", content_type=PROTOBUF)
    assert told(response)[:2] == (404, 5)
    assert "/v1/traces" in told(response)[2]


def test_other_methods_are_refused(alices: Exporter) -> None:
    response = alices.client.get(URL)
    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")


def test_a_deleted_live_data_set_goes_with_its_rows_and_begins_anew(alices: Exporter) -> None:
    alices.send(span(1))
    assert alices.client.delete(f"/api/datasets/{alices.dataset['id']}").status_code == 204
    assert not StagedSpan.objects.exists()
    alices.send(span(2))
    assert alices.dataset["rows"] == 1


def test_a_call_around_one_that_came_before_is_not_counted(alices: Exporter) -> None:
    alices.send(span(2, parentSpanId=f"{1:016x}"))
    for _ in range(2):
        alices.send(span(1, {**CHAT, "gen_ai.agent.name": "support", "operation.cost": 0.5}))
    (row,) = alices.rows
    assert (row["request_id"][-1], row["feature"], row["cost_usd"]) == (
        "2",
        "support",
        0.5,
    )
    profile = alices.dataset["profile"]
    assert "2 of 3 spans, which stand around" in " ".join(profile["assumptions"])
    assert {"feature", "cost_usd"} <= {column["column"] for column in profile["columns"]}


def test_a_call_around_one_that_comes_later_is_counted_no_more(alices: Exporter) -> None:
    alices.send(span(1, {**CHAT, "gen_ai.agent.name": "support"}))
    alices.send(span(2, parentSpanId=f"{1:016x}"))
    (row,) = alices.rows
    assert (row["request_id"][-1], row["feature"]) == ("2", "support")
    assert alices.dataset["rows"] == 1


def test_the_schema_describes_the_endpoint_and_its_example_is_taken(alices: Exporter) -> None:
    schema = alices.client.get("/api/schema", {"format": "json"}).json()
    operation = schema["paths"][URL]["post"]
    example = operation["requestBody"]["content"][JSON]["examples"]["TracesRequest"]["value"]
    assert alices.post(json.dumps(example), JSON).json() == {}
    assert alices.dataset["rows"] == 1
    assert operation["responses"]["200"]["content"].keys() == {JSON, PROTOBUF}
    assert request([])["resourceSpans"]
