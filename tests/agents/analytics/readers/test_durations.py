"""Units of durations, and durations that a file tells by two moments."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agents.analytics.logs import Loaded, load, utc


def log_of(header: str, row: str, rows: int = 5) -> Loaded:
    return load(f"{header}\n" + f"{row}\n" * rows)


@settings(max_examples=40)
@given(
    latency_ms=st.integers(300, 60_000),
    share=st.floats(0.05, 0.95),
    divisor=st.sampled_from([1000, 1, 0.001]),
)
def test_latency_and_first_token_are_read_in_the_unit_in_which_they_were_written(
    latency_ms: int, share: float, divisor: float
) -> None:
    ttft_ms = max(latency_ms * share, 20)
    tokens = latency_ms // 20  # 50 a second
    row = f"m,{latency_ms / divisor:.4f},{ttft_ms / divisor:.4f},{tokens}"
    log = log_of("model,latency,ttft,output_tokens", row)
    assert log.column("latency_ms")[0] == pytest.approx(latency_ms, rel=0.01)
    assert log.column("ttft_ms")[0] == pytest.approx(ttft_ms, rel=0.01)
    assert all("names no unit" in sentence for sentence in log.profile.assumptions)


def test_a_first_token_does_not_come_after_the_last() -> None:
    log = log_of("model,latency,ttft", "m,450,22")
    assert (log.column("latency_ms")[0], log.column("ttft_ms")[0]) == (450, 22)


def test_a_unit_in_one_name_tells_about_the_other() -> None:
    assert log_of("model,latency_ms,ttft", "m,450,22").column("ttft_ms")[0] == 22
    assert log_of("model,latency_ms,ttft", "m,4500,0.8").column("ttft_ms")[0] == 800
    assert log_of("model,latency,ttft_ms", "m,4.5,800").column("latency_ms")[0] == 4500


@pytest.mark.parametrize(
    ("header", "row", "expected", "reason"),
    [
        ("model,latency,output_tokens", "e,22,0", 22, "write no text"),
        ("model,latency", "text-embedding-3-small,22", 22, "write no text"),
        ("model,latency,output_tokens", "m,22,1", 22, "tokens a second"),
        ("model,latency,output_tokens", "m,22,400", 22_000, "a request takes"),
        ("model,latency,output_tokens", "m,45,500", 45_000, "tokens a second"),
    ],
)
def test_what_was_written_tells_how_long_it_took(
    header: str, row: str, expected: float, reason: str
) -> None:
    log = log_of(header, row)
    assert log.column("latency_ms")[0] == expected
    assert reason in log.profile.assumptions[0]


def test_start_and_end_prove_the_unit() -> None:
    log = log_of("start_time,end_time,latency", "2026-11-01T10:00:00Z,2026-11-01T10:00:45Z,45")
    assert log.column("latency_ms")[0] == 45_000
    assert "from start to end" in log.profile.assumptions[0]


def test_a_unit_that_stays_open_is_said_with_the_other_that_would_fit() -> None:
    (sentence,) = log_of("model,latency", "m,22").profile.assumptions
    assert "read as seconds" in sentence
    assert "As milliseconds they would fit too" in sentence


def test_units_come_first_among_the_assumptions() -> None:
    log = log_of("time,model,latency,elapsed", "2026-11-01 10:00:00,m,500,5")
    assert "names no unit" in log.profile.assumptions[0]
    assert "would fit too and is ignored" in log.profile.assumptions[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5s", 1500),
        ("820ms", 820),
        ("820 ms", 820),
        ("1,5 s", 1500),
        ("2 min", 120_000),
        ("350µs", 0.35),
        ("0:00:02.5", 2500),
        ("40", 40),
    ],
)
def test_a_value_may_name_its_unit(text: str, expected: float) -> None:
    log = load(f'model,latency_ms\nm,"{text}"\nm,3 s\n')
    assert log.column("latency_ms") == [pytest.approx(expected), 3000]


def test_a_latency_is_the_time_from_start_to_end() -> None:
    begin = utc(2026, 11, 1, 10)
    took = [timedelta(milliseconds=ms) for ms in (800, 2500, 61_000)]
    rows = [f"{begin.isoformat()},{(begin + time).isoformat()},m" for time in took]
    log = load("start_time,end_time,model\n" + "\n".join(rows))
    assert log.column("latency_ms") == [800, 2500, 61_000]
    assert log.profile.assumptions == ["latency_ms is computed as 'end_time' minus 'start_time'."]
    assert log.profile.source_of("latency_ms").conversion == "time since 'start_time'"  # type: ignore[union-attr]


def test_a_latency_in_the_file_is_not_computed() -> None:
    log = log_of("start_time,end_time,latency_ms", "2026-11-01T10:00Z,2026-11-01T10:01Z,7")
    assert log.column("latency_ms")[0] == 7
    assert log.profile.ignored == ["end_time"]


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00.8Z"),
        ("1793700000", "1793700000.8"),
        ("1793700000000", "1793700000800"),
    ],
)
def test_the_moment_of_the_first_token_becomes_the_time_to_it(start: str, first: str) -> None:
    log = log_of("start_time,model,first_token_time", f"{start},m,{first}")
    assert log.column("ttft_ms")[0] == pytest.approx(800)


def test_a_moment_without_a_start_is_ignored_with_a_word() -> None:
    log = log_of("model,tokens_in,first_token_time", "m,5,2026-11-01T10:00:00.8Z")
    assert "ttft_ms" in log.profile.missing
    assert log.profile.ignored == ["first_token_time"]
    assert "no start to count from" in log.profile.assumptions[0]


def test_long_durations_are_not_taken_for_moments() -> None:
    log = log_of("timestamp,model,latency", "2026-11-01T10:00:00Z,m,1793700000")
    assert log.column("latency_ms")[0] == pytest.approx(1793.7)
