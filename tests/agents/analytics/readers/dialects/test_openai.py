"""OpenAI's usage and costs, from its API and from the CSV exports of its usage page."""

import json
from decimal import Decimal
from typing import Any

import pytest

from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import load, utc
from tests.agents.analytics.readers.samples import only, sample

KIND = "organization.usage.{}.result"
CSV = (
    "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,"
    "api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens\n"
)
COSTS = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,"
    "quantity_unit,line_item,user_id,api_key_id,project_id,project_name,user_email\n"
)


def result(kind: str = "completions", **fields: Any) -> dict[str, Any]:
    return {"object": KIND.format(kind), "input_tokens": 10, "num_model_requests": 2, **fields}


def page(*results: dict[str, Any], start: int = 1785542400, more: bool = False) -> dict[str, Any]:
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 3600}
    data = [{**bucket, "results": list(results)}]
    return {"object": "page", "data": data, "has_more": more, "next_page": None}


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_results_of_the_usage_api_are_sums_of_requests() -> None:
    log = sample("openai-usage-completions-api-3-from-schema.json")
    profile = log.profile
    assert (profile.format, profile.rows_are, profile.requests) == ("openai-usage", "sums", 13)
    assert profile.bucket_seconds == 3600
    columns = ("requests", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens")
    assert only(log, *columns) == [(12, 27444, 8448, 0, 1200), (1, 900, 0, None, 30)]
    assert only(log, "tier", "project", "user_id", "feature", "provider") == [
        ("standard", "proj_abc", "user-abc", "completions", "openai"),
        ("batch", "proj_abc", "user-abc", "completions", "openai"),
    ]
    assert log.column("timestamp") == [utc(2026, 8, 1, 1)] * 2


def test_a_last_page_with_more_behind_it_is_told_first() -> None:
    first = sample("openai-usage-completions-api-3-from-schema.json").profile.assumptions[0]
    assert "the data is incomplete" in first
    both = lines(page(result(), more=True), page(result(), start=1785546000))
    assert not any("incomplete" in said for said in load(both).profile.assumptions)


def test_a_page_that_was_fetched_twice_counts_once() -> None:
    same, other = page(result(), result(model="m")), page(result(), start=1785546000)
    log = load(lines(same, other, same))
    assert log.column("requests") == [2, 2, 2]
    assert "1 entry is in several pages, and counted once." in log.profile.assumptions


def test_equal_results_of_one_bucket_are_added() -> None:
    assert load(lines(page(result(), result()))).column("requests") == [2, 2]


def test_what_was_not_grouped_by_is_told() -> None:
    assert any(
        "not grouped by model" in said for said in load(lines(page(result()))).profile.assumptions
    )
    named = load(lines(page(result(model="m")))).profile.assumptions
    assert not any("not grouped" in said for said in named)


def test_other_kinds_of_usage_are_read_or_passed_over_with_a_word() -> None:
    log = load(
        lines(
            page(
                result(model="gpt-5"),
                result("embeddings", model="text-embedding-3-small"),
                {"object": KIND.format("images"), "num_model_requests": 3, "images": 3},
                {"object": KIND.format("vector_stores"), "usage_bytes": 5},
                {"object": KIND.format("vector_stores"), "usage_bytes": 6},
            )
        )
    )
    assert only(log, "feature", "requests", "input_tokens") == [
        ("completions", 2, 10),
        ("embeddings", 2, 10),
        ("images", 3, None),
    ]
    assert any("Not read: 2 results of vector stores" in said for said in log.profile.assumptions)


def test_the_older_spelling_of_results_is_read() -> None:
    old = page(result())
    old["data"][0]["result"] = old["data"][0].pop("results")
    assert load(lines(old)).column("requests") == [2]


def test_an_indented_page_and_an_array_of_pages_are_read() -> None:
    assert load(json.dumps(page(result()), indent=2)).column("requests") == [2]
    pages = [page(result()), page(result(), start=1785546000)]
    assert load(json.dumps(pages)).column("requests") == [2, 2]


def test_the_usage_csv_is_read_with_its_empty_buckets_passed_over() -> None:
    log = sample("openai-usage-csv-minute-3-from-schema.csv")
    assert (log.profile.format, log.profile.bucket_seconds) == ("openai-usage", 60)
    assert only(log, "requests", "input_tokens", "cached_tokens", "output_tokens") == [
        (5, 7162, 1280, 900),
        (3, 4212, 0, 1673),
        (3, 5904, 0, 1419),
    ]
    assert log.profile.skipped_rows == 0
    assert log.column("timestamp")[0] == utc(2025, 10, 27, 0, 4)


def test_rows_of_the_csv_with_equal_groupings_are_added_not_dropped() -> None:
    row = "1785542400,1785628800,a,b,proj,1.0,user,key,gpt-5,TRUE,,100.0,5.0,0.0\n"
    log = load(CSV + row * 2)
    assert only(log, "requests", "tier", "input_tokens") == [(1, "batch", 100)] * 2
    tabs = (CSV + row).replace(",", "\t")
    assert load(tabs).column("input_tokens") == [100]


def test_a_bad_row_of_an_export_is_left_out() -> None:
    rows = "1785542400,1785628800,a,b,p,1,u,k,m,False,,100,5,0\n1,2,a,b,p,1,u,k,m,,,-5,5,0\n"
    log = load(CSV + rows)
    assert (log.profile.rows, log.profile.skipped_rows) == (1, 1)
    assert "negative" in log.profile.skipped_examples[0].reason


@pytest.mark.parametrize(
    "content",
    [
        "start_time,end_time,start_time_iso,end_time_iso\n1735689600,1735776000,a,b\n",
        lines(page()),
        COSTS + "1785542400,1785628800,a,b,,,,,,,,,,\n",
    ],
)
def test_an_export_without_usage_is_refused_with_this_word(content: str) -> None:
    with pytest.raises(UnreadableFile, match=r"OpenAI .* export, and it holds no usage"):
        load(content)


def test_costs_are_amounts_by_day_and_line_item_without_requests() -> None:
    row = "1785542400,1785628800,2026-08-01T00:00:00,b,{},usd,9,tokens,{},,key,proj,Proj A,a@b.c\n"
    log = load(
        COSTS
        + row.format("0.003835980000000000000000000000", '"gpt-5-nano, input_tokens"')
        + row.format("0.5", "Web search tool calls")
    )
    profile = log.profile
    assert (profile.format, profile.rows_are, profile.requests) == ("openai-costs", "sums", None)
    assert not profile.tells_requests
    assert profile.bucket_seconds == 86_400
    assert log.column("cost_usd") == [Decimal("0.0038359800"), Decimal("0.5")]
    assert only(log, "model", "feature", "project", "user_id") == [
        ("gpt-5-nano", "gpt-5-nano, input_tokens", "Proj A", "a@b.c"),
        (None, "Web search tool calls", "Proj A", "a@b.c"),
    ]


def test_costs_of_the_api_may_be_numbers_or_texts_and_must_be_dollars() -> None:
    kind = {"object": "organization.costs.result", "line_item": "Text tokens"}
    log = load(
        lines(
            page(
                {**kind, "amount": {"value": 12.5, "currency": "usd"}},
                {**kind, "amount": {"value": "2.25", "currency": "usd"}},
                {**kind, "amount": {"value": 3, "currency": "eur"}},
            )
        )
    )
    assert log.column("cost_usd") == [Decimal("12.5"), Decimal("2.25")]
    assert [row.reason for row in log.profile.skipped_examples] == [
        "has 'eur' as its currency, which is not US dollars"
    ]


def test_the_older_costs_are_cents_and_read_in_dollars() -> None:
    log = sample("openai-cost-legacy-1-from-schema.csv")
    assert log.column("cost_usd") == [Decimal("0.0123"), Decimal("4.567")]
    assert log.column("feature") == ["GPT-4o mini", "GPT-4o"]


def test_usage_by_date_is_read_and_images_beside_it_passed_over() -> None:
    entry = {
        "aggregation_timestamp": 1730696460,
        "n_requests": 3,
        "operation": "completion",
        "snapshot_id": "gpt-4o-2024-08-06",
        "n_context_tokens_total": 31,
        "n_generated_tokens_total": 12,
        "n_cached_context_tokens_total": 4,
        "request_type": "batch",
    }
    later = {**entry, "aggregation_timestamp": 1730697540, "request_type": ""}
    log = load(
        json.dumps(
            {"object": "list", "data": [entry, later], "dalle_api_data": [{"n": 1}]}, indent=1
        )
    )
    assert log.profile.format == "openai-usage-legacy"
    assert log.profile.bucket_seconds == 60
    columns = ("requests", "input_tokens", "cached_tokens", "output_tokens", "tier")
    assert only(log, *columns) == [(3, 31, 4, 12, "batch"), (3, 31, 4, 12, None)]
    assert "Not read: 1 entry of images, speech and the like." in log.profile.assumptions


def test_the_activity_csv_needs_no_reader_of_its_own() -> None:
    log = sample("openai-activity-legacy-1-from-schema.csv")
    assert (log.profile.rows_are, log.profile.requests) == ("sums", 4)
    assert only(log, "requests", "input_tokens", "output_tokens", "model", "user_id") == [
        (3, 322, 53, "gpt-3.5-turbo-0301", "alice"),
        (1, 229, 22, "gpt-4-0314", "bob"),
    ]
