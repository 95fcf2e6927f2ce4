"""Whatever is sent in place of spans is a bad span, no span or no protobuf, and nothing worse."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.readers.dialects.otel import console, otlp_json, protobuf
from agents.analytics.readers.dialects.otel.counting import Batch, batch_of
from agents.analytics.readers.dialects.otel.names import WANTED
from tests.agents.spans import CHAT, as_protobuf, request, span

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["²", "1e999", "-0", "nan", "\x00", "{", '{"input": -1}', "0" * 50]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
VALUES = st.one_of(
    ANYTHING,
    st.builds(
        lambda kind, held: {kind: held},
        st.sampled_from(["intValue", "stringValue", "doubleValue", "arrayValue", "kvlistValue"]),
        ANYTHING,
    ),
)
ATTRIBUTES = st.lists(
    st.builds(
        lambda key, value: {"key": key, "value": value}, st.sampled_from(sorted(WANTED)), VALUES
    ),
    max_size=12,
)
FIELDS = (
    "traceId",
    "spanId",
    "parentSpanId",
    "startTimeUnixNano",
    "endTimeUnixNano",
    "attributes",
    "events",
    "status",
    "name",
)


def whole(batch: Batch) -> None:
    """Every row has a time, and counts that the part files can hold."""
    for call in batch.calls:
        assert call.row["timestamp"]
        for name in ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens"):
            count = call.row.get(name, 0)
            assert isinstance(count, int)
            assert 0 <= count <= 2**62


@settings(max_examples=50)
@given(ANYTHING, st.sampled_from(FIELDS), ATTRIBUTES)
def test_any_json_in_place_of_a_part_of_a_span(part: Any, name: str, attributes: list[Any]) -> None:
    given_attributes = span(1, CHAT)["attributes"] + attributes
    spans = [{**span(1), name: part}, {**span(2), "attributes": given_attributes}]
    whole(batch_of(otlp_json.spans(request([*spans, part]))))
    batch = batch_of(otlp_json.spans({"resourceSpans": part}))
    assert not batch.calls


@settings(max_examples=50)
@given(ANYTHING, st.sampled_from(["context", "start_time", "attributes", "events", "status"]))
def test_any_json_in_place_of_a_part_of_a_printed_span(part: Any, name: str) -> None:
    whole(batch_of(console.spans({"context": {}, name: part})))


@settings(max_examples=50)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_any_bytes_in_place_of_some_of_protobuf(at: int, put: bytes) -> None:
    body = as_protobuf([span(1), span(2)])
    at %= len(body)
    broken = body[:at] + put + body[at + len(put) :]
    with suppress(ValueError):
        for resource in protobuf.resources(broken):
            whole(batch_of(protobuf.spans(resource)))
    assert protobuf.is_request(body)
    assert protobuf.is_request(broken) in (True, False)
