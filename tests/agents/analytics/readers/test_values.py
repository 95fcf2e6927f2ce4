"""Units, times, states and token counts: what names leave open is decided by values, and said."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agents.analytics.logs import Loaded, load, utc


def one_column(name: str, *values: str) -> Loaded:
    return load("model," + name + "\n" + "".join(f'm,"{value}"\n' for value in values))


MOMENT = utc(2026, 11, 3, 10, 0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-03 10:00:00", MOMENT),
        ("2026-11-03T10:00:00Z", MOMENT),
        ("2026-11-03T12:00:00+02:00", MOMENT),
        ("2026-11-03T12:00:00+0200", MOMENT),
        ("2026-11-03T02:00:00.000-08", MOMENT),
        ("2026-11-03 10:00:00 UTC", MOMENT),
        ("2026-11-03 10:00:00 +0000 UTC", MOMENT),
        ("2026-11-03 11:00:00 Europe/Berlin", MOMENT),
        ("2026-11-03 10:00", MOMENT),
        ("2026/11/03 10:00:00", MOMENT),
        ("03/Nov/2026:12:00:00 +0200", MOMENT),
        ("03.11.2026 10:00", MOMENT),
        ("2026-11-03T10:00:00,5Z", MOMENT + timedelta(milliseconds=500)),
        ("2026-11-03 10:00:00.9799600", MOMENT + timedelta(microseconds=979960)),
        ("2026-11-03T10:00:00.123456789Z", MOMENT + timedelta(microseconds=123456)),
        ("1793700000", MOMENT),
        ("1793700000.5", MOMENT + timedelta(milliseconds=500)),
        ("1793700000500", MOMENT + timedelta(milliseconds=500)),
        ("1793700000000001", MOMENT + timedelta(microseconds=1)),
        ("1793700000000000000", MOMENT),
        ("1.7937e9", MOMENT),
        ("2026-11-03", utc(2026, 11, 3)),
        ("Tue, 03 Nov 2026 10:00:00 GMT", MOMENT),
        ("Tue, 03 Nov 2026 11:00:00 +0100", MOMENT),
        ("Nov 3, 2026, 10:00:00 AM", MOMENT),
        ("20261103T100000Z", MOMENT),
        ("20261103T110000+0100", MOMENT),
        ("2026-11-02 10:00:00 PM", MOMENT - timedelta(hours=12)),
        ("2026-11-03 02:00:00 PST", MOMENT),
    ],
)
def test_a_time_in_any_usual_form_becomes_utc(text: str, expected: datetime) -> None:
    assert one_column("timestamp", text).column("timestamp") == [expected]


SECONDS = st.integers(10**8, 7 * 10**9)  # 1973 to 2191


@settings(max_examples=30)
@given(SECONDS, st.integers(0, 999_999), st.integers(-12 * 60, 12 * 60))
def test_any_time_that_python_writes_is_read_back(seconds: int, micro: int, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    moment = datetime.fromtimestamp(seconds, tz=zone).replace(microsecond=micro)
    milliseconds = seconds * 1000 + micro // 1000
    log = one_column("timestamp", moment.isoformat(), str(milliseconds))
    assert log.column("timestamp")[0] == moment
    assert abs(log.column("timestamp")[1] - moment) < timedelta(milliseconds=1)


def test_the_order_of_day_and_month_is_the_one_that_fits_all_dates() -> None:
    american = one_column("date", "11/03/2026 1:05 PM", "11/30/2026 1:05:09 AM")
    assert american.column("timestamp")[0] == utc(2026, 11, 3, 13, 5)
    european = one_column("date", "03/11/2026 13:05", "30/11/2026 13:05")
    assert european.column("timestamp")[0] == utc(2026, 11, 3, 13, 5)


def test_dates_that_fit_both_orders_are_read_with_a_word_about_it() -> None:
    log = one_column("date", "03/04/2026 13:05")
    assert log.column("timestamp") == [utc(2026, 3, 4, 13, 5)]
    assert any("month/day/year" in sentence for sentence in log.profile.assumptions)


def test_times_without_a_zone_are_said_to_be_read_as_utc() -> None:
    assert "UTC" in one_column("time", "2026-11-03 10:00:00").profile.assumptions[0]
    for zoned in ("2026-11-03T10:00:00Z", "2026-11-03 10:00:00 PST", "20261103T100000Z"):
        assert not one_column("time", zoned).profile.assumptions
    assert "UTC" in one_column("time", "2026-11-03 10:00:00 PM").profile.assumptions[0]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("latency_ms", "250", 250.0),
        ("latency_s", "2.5", 2500.0),
        ("Latency (seconds)", "2.5", 2500.0),
        ("duration_us", "1500", 1.5),
        ("durationNano", "1500000", 1.5),
        ("response_ms", "40", 40.0),
    ],
)
def test_a_unit_in_the_name_is_obeyed(name: str, value: str, expected: float) -> None:
    log = one_column(name, value)
    assert log.column("latency_ms") == [pytest.approx(expected)]
    assert not log.profile.assumptions


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        (["0.8", "2.5", "11"], "seconds", 800),
        (["800", "2500", "11000"], "milliseconds", 800),
        (["800000", "2500000", "11000000"], "microseconds", 800),
        (["800000000", "2500000000", "11000000000"], "nanoseconds", 800),
    ],
)
def test_without_a_unit_the_size_of_the_values_decides_and_says_so(
    values: list[str], unit: str, expected: float
) -> None:
    log = one_column("latency", *values)
    assert log.column("latency_ms")[0] == pytest.approx(expected)
    assert f"read as {unit}, because their median is" in log.profile.assumptions[0]


def test_a_mapping_with_a_unit_decides() -> None:
    log = load(
        "took,when,n\n2,5,7\n",
        {
            "latency_ms": {"column": "took", "unit": "s"},
            "timestamp": {"column": "when", "unit": "ms"},
            "output_tokens": "n",
        },
    )
    assert log.rows[0]["latency_ms"] == 2000
    assert log.rows[0]["timestamp"] == utc(1970, 1, 1, 0, 0, 0, 5000)
    assert log.rows[0]["output_tokens"] == 7


def test_a_column_mapped_to_nothing_is_not_read() -> None:
    log = load("model,endpoint,tokens_in\nm,secret,5\n", {"feature": None})
    assert log.column("feature") == [None]
    assert log.profile.ignored == ["endpoint"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("cost", "0.0000015", "0.0000015"),
        ("cost", "1.5e-06", "0.0000015"),
        ("price", "$0.25", "0.25"),
        ("spend", "0.25 USD", "0.25"),
        ("cost_usd", "12", "12"),
        ("cost_cents", "5", "0.05"),
    ],
)
def test_money_is_exact_and_in_dollars(name: str, value: str, expected: str) -> None:
    assert one_column(name, value).column("cost_usd") == [Decimal(expected)]


def test_a_long_prompt_hash_is_shortened_without_losing_what_differs() -> None:
    long = "k" * 700
    log = one_column("cache_key", long + "1", long + "2", "k1")
    first, second, short = log.column("prompt_hash")
    assert first != second
    assert short == "k1"


STATUSES: dict[bool | None, list[str]] = {
    False: ["200", "201", "301", "200 OK", "HTTP/1.1 200", "ok", "Success", "COMPLETED"],
    True: [
        "400",
        "429",
        "500",
        "503 Unavailable",
        "error",
        "Failed",
        "timed out",
        "TIMEOUT",
        "rate-limited",
        "cancelled",
    ],
    None: ["weird", "", "17", "999"],
}


@pytest.mark.parametrize("failed", STATUSES)
def test_a_status_says_whether_the_request_failed(failed: Any) -> None:
    statuses = STATUSES[failed]
    assert one_column("status", *statuses).column("is_error") == [failed] * len(statuses)


def test_flags_of_success_and_of_failure_are_told_apart() -> None:
    values = ("true", "False", "1", "0", "yes")
    assert one_column("success", *values).column("is_error") == [False, True, False, True, False]
    assert one_column("is_error", *values).column("is_error") == [True, False, True, False, True]


def test_without_a_status_an_error_text_means_failure() -> None:
    log = one_column("error", "", "overloaded", "none", "false")
    assert log.column("is_error") == [False, True, False, False]
    assert log.column("error") == [None, "overloaded", None, None]


def test_an_error_text_decides_where_the_status_is_unknown() -> None:
    log = load("model,status,error\nm,odd,boom\nm,odd,\nm,200,minor\n")
    assert log.column("is_error") == [True, None, True]
    assert any("'odd'" in s and "1 row " in s for s in log.profile.assumptions)


def test_cached_tokens_that_anthropic_counts_apart_are_added() -> None:
    log = load("model,input_tokens,cache_read_input_tokens\nm,10,100\nm,20,\n")
    assert log.column("input_tokens") == [110, 20]
    assert any("is their sum" in sentence for sentence in log.profile.assumptions)


def test_cached_tokens_that_exceed_the_input_must_be_counted_apart() -> None:
    log = load("model,tokens_in,cached_tokens\n" + "m,10,100\n" * 5)
    assert log.column("input_tokens") == [110] * 5


def test_a_single_row_with_more_cached_than_input_tokens_is_a_bad_row() -> None:
    log = load("model,tokens_in,cached_tokens\n" + "m,10,5\n" * 300 + "m,10,50\n")
    assert (log.profile.rows, log.profile.skipped_rows) == (300, 1)
    assert "more cached than input" in log.profile.skipped_examples[0].reason


def test_prompts_are_kept_as_digests_that_differ_after_any_length() -> None:
    long = "the same beginning " * 100
    log = one_column("prompt", long + "one", long + "two", long + "one")
    first, second, third = log.column("prompt_hash")
    assert first == third != second
    assert "beginning" not in first
    assert log.profile.source_of("prompt_hash").conversion.startswith("MD5")  # type: ignore[union-attr]
