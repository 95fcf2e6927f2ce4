"""How far the reading of a file is, is told; a large one is read in a process of its own."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from agents.analytics.parts import part_files
from agents.analytics.readers.apart import CHILD, SMALL_BYTES, read_log
from agents.analytics.readers.read import read_file
from agents.analytics.readers.watching import Progress, Watcher
from agents.exceptions import InvalidInput, UnreadableFile
from tests.agents.analytics.logs import rows_of
from tests.agents.analytics.offspring import offspring

HEADER = "timestamp,model,input_tokens,output_tokens,latency_ms\n"


def log(home: Path, rows: int) -> Path:
    file = home / "log.csv"
    lines = (
        f"2026-11-{1 + number % 28:02}T10:00:00Z,model-{number % 7},{number},5,{number}.5\n"
        for number in range(rows)
    )
    file.write_text(HEADER + "".join(lines))
    return file


def test_what_is_told_grows_until_all_is_done() -> None:
    told: list[Progress] = []
    watcher = Watcher(told.append, total_bytes=100, every=0)
    for _ in range(2):
        watcher.begin_pass()
        watcher.count_bytes(60)
        watcher.count_bytes(40)
    watcher.reach("reading", 0.0)
    watcher.begin_pass()
    watcher.count_bytes(100)
    watcher.reach_rows(7)
    for part in (0.0, 0.6):
        watcher.reach("writing", part)
    assert [one.bytes for one in told] == [60, 100, 60, 100, 100, 100, 100, 100, 100]
    assert [one.share for one in told] == [0.15, 0.25, 0.4, 0.5, 0.5, 0.75, 0.75, 0.75, 0.9]
    assert [one.rows for one in told][-3:] == [7, 7, 7]
    assert told[-1].stage == "writing"


def test_rows_that_are_taken_over_once_more_are_not_counted_twice() -> None:
    told: list[Progress] = []
    watcher = Watcher(told.append, total_bytes=100, every=0)
    for rows in (4096, 8192, 4096, 8192):
        watcher.reach_rows(rows)
    assert [one.rows for one in told] == [4096, 8192, 8192, 8192]


def test_it_is_told_no_more_than_now_and_then() -> None:
    told: list[Progress] = []
    watcher = Watcher(told.append, total_bytes=100, every=60)
    for _ in range(1000):
        watcher.reach_rows(1)
    assert told == []


def test_a_small_file_is_read_here_and_in_silence(tmp_path: Path) -> None:
    told: list[Progress] = []
    profile = read_log(log(tmp_path, 20), tmp_path / "dataset", watch=told.append)
    assert (profile.rows, told) == (20, [])


def test_a_large_file_is_read_by_a_process_as_it_would_be_here(tmp_path: Path) -> None:
    rows = 90_000
    file = log(tmp_path, rows)
    assert file.stat().st_size > SMALL_BYTES
    told: list[Progress] = []
    profile = read_log(file, tmp_path / "apart", watch=told.append)
    assert profile == read_file(file, tmp_path / "here")
    read = rows_of(tmp_path / "apart")
    assert sum(row["input_tokens"] for row in read) == sum(range(rows))
    assert told
    assert [one.share for one in told] == sorted(one.share for one in told)
    assert all(one.total_bytes == file.stat().st_size for one in told)
    assert {file.name for file in (tmp_path / "apart").iterdir()} == {"part-0.parquet"}
    assert not offspring(CHILD)


def test_a_refusal_of_the_process_is_one_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(HEADER + "yesterday,a,-5,x,soon\n" * 120_000)
    with pytest.raises(UnreadableFile, match="None of the 120,000 rows") as refused:
        read_log(file, tmp_path / "dataset")
    assert refused.value.details
    assert not (tmp_path / "dataset").exists()
    with pytest.raises(InvalidInput, match="nope"):
        read_log(log(tmp_path, 90_000), tmp_path / "dataset", {"latency_ms": "nope"})
    assert not (tmp_path / "dataset").exists()


# F61
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGXCPU])
def test_a_process_that_is_ended_leaves_nothing_and_is_told(
    tmp_path: Path, number: signal.Signals
) -> None:
    file = log(tmp_path, 400_000)

    def end_it() -> None:
        while not (tmp_path / "dataset").exists():
            time.sleep(0.01)
        os.kill(offspring(CHILD)[0].pid, number)

    ending = threading.Thread(target=end_it)
    ending.start()
    with pytest.raises(UnreadableFile, match="too much memory or time"):
        read_log(file, tmp_path / "dataset")
    ending.join()
    assert not part_files(tmp_path / "dataset")
    assert not (tmp_path / "dataset").exists()
