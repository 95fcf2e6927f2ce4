"""The published trace of one hour of an LLM coding service, as it is downloaded."""

import csv
from datetime import datetime
from pathlib import Path

from tests.agents.analytics.logs import AZURE, load_file, needs_azure, utc


@needs_azure
def test_the_azure_trace_is_read_as_it_is(tmp_path: Path) -> None:
    log = load_file(AZURE, tmp_path / "dataset")
    with AZURE.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert log.profile.rows == len(rows) == 8819
    assert log.column("input_tokens") == [int(row["ContextTokens"]) for row in rows]
    assert log.column("output_tokens") == [int(row["GeneratedTokens"]) for row in rows]
    assert log.column("timestamp") == [
        datetime.fromisoformat(row["TIMESTAMP"][:26] + "+00:00") for row in rows
    ]


@needs_azure
def test_the_azure_trace_says_what_it_lacks(tmp_path: Path) -> None:
    profile = load_file(AZURE, tmp_path / "dataset").profile
    assert {"model", "latency_ms", "cost_usd"} <= set(profile.missing)
    assert profile.first_timestamp == utc(2023, 11, 16, 18, 17, 3, 979960)
    assert profile.skipped_rows == 0
