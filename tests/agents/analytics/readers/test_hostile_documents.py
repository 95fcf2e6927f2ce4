"""Whatever stands in place of a part of a documented format spoils rows, and nothing more."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.readers.dialects.base import Sample, Told
from agents.analytics.readers.dialects.file import DialectFile
from agents.analytics.readers.dialects.registry import DIALECTS
from agents.analytics.readers.read import open_source
from agents.analytics.readers.skipped import Skipped
from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import load
from tests.agents.analytics.readers.samples import DATA

HOSTILE: list[Any] = [
    *(None, True, 0, -1, 10**30, 1e308, float("inf"), float("nan")),
    *("", "x", "1e999", "nan", "9" * 400, "²", "\x00", "{}", '{"a":[', '{"user_api_key_alias":'),
    *('{"user_api_key_alias": "\\ud800"}', "0001-01-01T00:00:00+23:59", "2026-13-45"),
    *([], {}, [1], [None], [{}], [[{}]], {"a": 1}, {"data": [{}]}),
]


def documents() -> Iterator[tuple[Path, DialectFile]]:
    for file in sorted(DATA.glob("*.json*")):
        source = open_source(file)
        if isinstance(source, DialectFile):
            yield file, source


FILES = [source for _, source in documents()]


def routes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each object and list with each of its keys."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from routes(value[key])


@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(0), st.sampled_from(HOSTILE)), min_size=1, max_size=4),
)
@settings(max_examples=50, deadline=None)
def test_any_value_in_place_of_another_one_is_read_or_left_out(
    source: DialectFile, changes: list[tuple[int, Any]]
) -> None:
    records = copy.deepcopy([record for _, record in source.container.records(Skipped("line"))])
    for number, value in changes:
        places = list(routes(records))
        holder, key = places[number % len(places)]
        holder[key] = copy.deepcopy(value)
    kept = [record for record in records if isinstance(record, dict)]
    for dialect in DIALECTS:
        dialect.fits(Sample((), tuple(kept)))
    for _, row in source.dialect.rows(iter(enumerate(kept)), Told(Skipped("line"))):
        "".join(value for value in row.values() if isinstance(value, str)).encode()


@pytest.mark.parametrize("name", ["totalPages", "total_pages"])
def test_a_number_of_pages_that_is_none_is_passed_over(name: str) -> None:
    call = {"request_id": "r", "call_type": "c", "spend": 1, "model": "m", "prompt_tokens": 1}
    times = {"startTime": "2026-11-01T10:00:00Z", "endTime": "2026-11-01T10:00:01Z"}
    generation = {"id": "o", "traceId": "t", "type": "GENERATION", "promptTokens": 1, **times}
    entry = generation if name == "totalPages" else {**call, **times}
    page = {"data": [entry], "page": 1, "meta": {name: "many"}, name: "many"}
    assert load(json.dumps(page)).column("input_tokens") == [1]


@pytest.mark.parametrize("end", ["1e999", "9" * 4000, "0", "null"])
def test_a_bucket_of_no_length_has_none(end: str) -> None:
    result = {"object": "organization.usage.completions.result", "num_model_requests": 2}
    bucket = {"object": "bucket", "start_time": 1762128000, "end_time": "@", "results": [result]}
    page = json.dumps({"object": "page", "data": [bucket]}).replace('"@"', end)
    log = load(page)
    assert (log.profile.requests, log.profile.bucket_seconds) == (2, None)


def test_half_a_surrogate_in_a_text_of_json_is_no_value() -> None:
    log = load(
        "request_id,call_type,spend,startTime,endTime,model,prompt_tokens,metadata\n"
        'r,c,0.1,2026-11-01T10:00:00Z,2026-11-01T10:00:01Z,m,1,"{""user_api_key_alias"":'
        '""\\ud800""}"\n'
    )
    assert (log.profile.format, log.column("project")) == ("litellm-spend-logs", [None])


def test_more_columns_than_a_log_has_are_refused() -> None:
    names = ",".join(f"c{number}" for number in range(20_000))
    with pytest.raises(UnreadableFile, match="20,001 columns"):
        load(f"input_tokens,{names}\n1\n")


def test_a_line_item_without_end_takes_no_time() -> None:
    rows = f'1762128000,1762214400,1.5,{"1" * 200_000}\n1762128000,1762214400,2,"gpt-5, input"\n'
    log = load(f"start_time,end_time,amount_value,line_item\n{rows}")
    assert (log.profile.format, log.column("model")) == ("openai-costs", [None, "gpt-5"])
