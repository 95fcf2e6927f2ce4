"""`bench analytics` measures each format and each tool there is, with logs that are sensible."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from agents.tools.catalogue import load_tools
from netra.bench.analytics.logs import GENERATORS, requests
from netra.bench.analytics.measuring import ARGUMENTS, apart, load, required_by


def test_every_format_and_every_tool_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bench.json"
    call_command("bench", "analytics", "--quick", "--requests", "300", "--json", str(file))
    rows: dict[str, list[dict[str, Any]]] = json.loads(file.read_text())["rows"]
    tools = [tool.name for tool in load_tools()]
    assert list(rows) == [*(f"load {name}" for name in GENERATORS), "duckdb", *tools]
    for name, row in rows.items():
        figures = {figure["name"]: figure["value"] for figure in row}
        assert all(value >= 0 for value in figures.values()), name
        assert figures.get("peak memory", 1) > 0
        if name.startswith("load "):
            assert figures["rows"] == 300
        if name in tools:
            assert {"takes", "peak memory", "beside the bare group", "result"} <= set(figures)
    printed = capsys.readouterr().out
    assert all(name in printed for name in rows)


def test_a_measurement_counts_its_own_memory_only(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    GENERATORS["csv"](file, 50)
    ballast = bytearray(300 * 1024 * 1024)
    measured = apart(load, file, tmp_path / "dataset")
    assert measured.said.rows == 50
    assert 20 < measured.peak_mib < len(ballast) / 2**20
    assert measured.seconds > 0


def test_every_tool_can_be_called_by_the_bench() -> None:
    for tool in load_tools():
        assert set(required_by(tool.function)) <= set(ARGUMENTS), tool.name


def test_a_log_is_the_same_each_time_and_like_a_real_one(tmp_path: Path) -> None:
    rows = [*requests(4000)]
    assert rows == [*requests(4000)]
    moments = [row["timestamp"] for row in rows]
    assert moments == sorted(moments)
    hours = Counter(moment[11:13] for moment in moments)
    assert hours["12"] > 3 * hours["00"]
    assert 0 < sum(row["status"] != 200 for row in rows) < 200
    assert all(row["ttft_ms"] <= row["latency_ms"] for row in rows)
    assert all(row["cached_tokens"] <= row["input_tokens"] for row in rows)
    GENERATORS["csv"](tmp_path / "log.csv", 50)
    with (tmp_path / "log.csv").open(newline="") as stream:
        assert len([*csv.DictReader(stream)]) == 50
