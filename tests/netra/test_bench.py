"""The bench measures what it says: its figures are sane, and each row has really done its work."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from netra.bench.figures import Figure, TooLittle, milliseconds, percentile
from netra.bench.report import as_json
from netra.management.commands.bench import ROWS

COUNTS = {  # of each row, a figure that says how much it has measured
    "idle": "messages",
    "delivery": "events a second",
    "throughput": "runs a second",
    "fan-out": "events a second",
    "sockets": "sockets",
    "churn": "connections",
    "unread": "events not read",
    "upload": "file",
    "killed": "runs that went on",
}


def figures_of(file: Path) -> dict[str, dict[str, Any]]:
    rows = json.loads(file.read_text())["rows"]
    return {name: {figure["name"]: figure for figure in row} for name, row in rows.items()}


@pytest.mark.waits
def test_every_row_measures_something(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.json"
    call_command("bench", "--quick", "--json", str(file))
    rows = figures_of(file)
    assert list(rows) == list(ROWS)
    for name, row in rows.items():
        assert any(figure["target"] is not None for figure in row.values()), name
        assert all(figure["value"] >= 0 for figure in row.values()), name
        for label in (
            label for label in row if label.endswith("p50") and f"{label[:-3]}p99" in row
        ):
            assert 0 < row[label]["value"] <= row[f"{label[:-3]}p99"]["value"], (name, label)
    for name, count in COUNTS.items():
        assert rows[name][count]["value"] > 0, name
    assert rows["killed"]["events repeated or missing"]["value"] == 0
    assert rows["throughput"]["CPU of a run, worker-1"]["value"] > 0
    printed = capsys.readouterr().out
    assert all(f"\n{name} " in f"\n{printed}" for name in rows)


def test_a_row_that_nobody_knows_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("bench", "--rows", "speed")


def test_percentiles_are_values_that_were_measured() -> None:
    values = [number / 1000 for number in range(1, 101)]
    assert percentile(values, 0.5) == 0.051
    assert percentile(values, 0.99) == 0.1
    assert percentile([3.0], 0.99) == 3.0
    with pytest.raises(TooLittle):
        percentile([], 0.5)


def test_a_figure_knows_whether_it_is_reached() -> None:
    assert Figure("runs a second", 149.9, "", 150, at_least=True).is_reached is False
    assert Figure("runs a second", 150, "", 150, at_least=True).is_reached is True
    assert [figure.is_reached for figure in milliseconds("wait", [0.004], p50=4)] == [True, None]


def test_json_names_the_machine_and_the_database() -> None:
    body = as_json({"idle": milliseconds("wait", [0.004])}, {"killed": "…"}, database="SQLite")
    assert body["machine"]["cores"] > 0
    assert (body["database"], body["failures"]) == ("SQLite", {"killed": "…"})
    assert body["rows"]["idle"][0]["value"] == 4.0
