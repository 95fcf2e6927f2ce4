"""Every bad file is refused with a text that says what to correct and where; nothing stays."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import duckdb
import pytest

from agents.analytics.readers.read import read_file
from agents.exceptions import InvalidInput, UnreadableFile
from tests.agents.analytics.logs import load

HEADER = "timestamp,model,input_tokens,output_tokens,latency_ms\n"
ROW = "2026-11-03T10:00:00Z,gpt-4o,100,20,900\n"


def with_rows(bad: str, good: int = 10) -> str:
    """`good` rows that can be read, then the bad one."""
    return HEADER + ROW * good + bad


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, HEADER + ROW)
    return buffer.getvalue()


BAD_FILES: dict[str, tuple[str | bytes, list[str]]] = {
    "empty": (b"", ["empty", "header line"]),
    "only blank lines": ("  \n\n \n", ["empty"]),
    "only a byte order mark": (b"\xef\xbb\xbf", ["empty"]),
    "only a header": (HEADER, ["no rows"]),
    "a header and blank lines": (HEADER + "\n\n", ["no rows"]),
    "Latin-1": (
        with_rows("2026-11-03,modèle,1,2,3\n", 1).encode("latin-1"),
        ["not UTF-8", "0xE8", "line 3", "iconv"],
    ),
    "UTF-16": (with_rows("").encode("utf-16"), ["UTF-16", "iconv"]),
    "UTF-16 without a mark": (with_rows("").encode("utf-16-be"), ["UTF-16"]),
    "cut inside a character": ((with_rows("") + "é").encode()[:-1], ["middle of a character"]),
    "a NUL character": (with_rows("2026-11-03,a\x00b,1,2,3\n", 1), ["Line 3", "NUL", "tr -d"]),
    "random bytes": (bytes(range(1, 256)) * 20, ["binary"]),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(1, 200)) * 10, ["binary"]),
    "gzip": (gzip.compress(with_rows("").encode()), ["gzip", "gunzip"]),
    "zip": (zipped("log.csv"), ["zip", "Unpack"]),
    "an Excel workbook": (zipped("[Content_Types].xml", "xl/workbook.xml"), ["Excel", "CSV"]),
    "an old Excel workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1", ["old Excel", "CSV"]),
    "PDF": (b"%PDF-1.7 ...", ["PDF"]),
    "SQLite": (b"SQLite format 3\x00...", ["SQLite", "CSV"]),
    "HTML": ("<!DOCTYPE html><html><body>502", ["HTML"]),
    "no known column": ("name,age\nbob,3\n", ["'name', 'age'", "mapping", "input_tokens"]),
    "no header": (ROW * 3, ["first line holds values", "header line"]),
    "euros for dollars": ("model,cost\n" + "m,€0.5\n" * 3, ["'€0.5'", "not a number"]),
    "a time counted from the start": ("timestamp,model\n5,m\n9,m\n", ["too small", "unit"]),
    "no valid JSON at all": ("{model: m}\n{model: n}\n", ["Line 1 is not valid JSON", "Line 2"]),
    "JSON nested 300 deep": ('{"a":' * 300 + "1" + "}" * 300, ["Line 1", "recursion limit"]),
    "empty objects": ("{}\n{}\n", ["no columns"]),
    "NUL in JSON": ('{"model": "a\\u0000b"}\n', ["Line 1 holds a NUL"]),
    "half a surrogate in JSON": ('{"model": "\\ud800"}\n', ["Line 1 is not valid JSON"]),
    "only rows with too few values": (HEADER + "x,y\n" * 3, ["None of the 3 rows", "Line 2 has 2"]),
    "only wrong values": (
        HEADER + "2026-11-03,m,-5,2,3\nsoon,m,1,2,3\n",
        ["None of the 2 rows", "'-5'", "negative. Line 3 has 'soon'", "not a date"],
    ),
    "one bad row": (HEADER + "soon,m,5,2,3\n", ["The only row cannot be read. Line 2"]),
    "an empty array": ("[ ]", ["no columns"]),
    "an array of numbers": ("[1, 2]", ["None of the 2 rows", "Object 1 is JSON, but a number"]),
    "an array cut at once": ('[{"model": "m"', ["Object 1", "not valid JSON"]),
}
"""Content, and what the refusal says."""


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_what_to_correct(name: str) -> None:
    content, expected = BAD_FILES[name]
    with pytest.raises(UnreadableFile) as refused:
        load(content)
    for part in expected:
        assert part in refused.value.message


@pytest.fixture
def parquet(tmp_path: Path) -> bytes:
    path = tmp_path / "log.parquet"
    query = "SELECT now()::TIMESTAMP AS ts, 5 AS tokens_in FROM range(5000)"
    duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def test_a_parquet_file_without_its_end_is_refused(parquet: bytes) -> None:
    with pytest.raises(UnreadableFile, match="cut off"):
        load(parquet[:-10])


def test_a_parquet_file_with_a_damaged_index_is_refused(parquet: bytes) -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        load(parquet[:-60] + b"\xff" * 52 + parquet[-8:])


def test_after_any_refusal_the_directory_is_gone(tmp_path: Path) -> None:
    file, directory = tmp_path / "log", tmp_path / "dataset"
    for content, _ in BAD_FILES.values():
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(UnreadableFile):
            read_file(file, directory)
        assert list(tmp_path.iterdir()) == [file]


def test_a_mapping_to_an_unknown_column_names_what_there_is() -> None:
    with pytest.raises(InvalidInput, match=r"'tookk'.*'took', 'model'"):
        load("took,model\n5,m\n", {"latency_ms": "tookk"})


def test_a_mapping_of_an_unknown_target_names_the_targets() -> None:
    with pytest.raises(InvalidInput, match=r"'latency'.*latency_ms, ttft_ms"):
        load("took,model\n5,m\n", {"latency": "took"})


@pytest.mark.parametrize("source", [5, {"unit": "s"}, {"column": "took", "units": "s"}, ["took"]])
def test_a_mapping_of_another_shape_shows_the_right_one(source: object) -> None:
    with pytest.raises(InvalidInput, match="must be an object such as"):
        load("took,model\n5,m\n", json.loads(json.dumps({"latency_ms": source})))


def test_an_unknown_unit_names_the_units() -> None:
    with pytest.raises(InvalidInput, match="'hours': use s, ms, us, ns"):
        load("took,model\n5,m\n", {"latency_ms": {"column": "took", "unit": "hours"}})
