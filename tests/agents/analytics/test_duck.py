"""A connection reaches the files it was given, and nothing else."""

from pathlib import Path

import duckdb
import pytest

from agents.analytics.duck import connect, literal, pattern

SECRET = "top secret"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "given.csv").write_text("a\n1\n")
    (tmp_path / "other.csv").write_text(SECRET)
    (tmp_path / "link.csv").symlink_to(tmp_path / "other.csv")
    return tmp_path


@pytest.mark.parametrize(
    "query",
    [
        "FROM read_csv('{home}/other.csv')",
        "FROM read_text('{home}/given.csv/../other.csv')",
        "FROM read_text('{home}/*.csv')",
        "FROM read_text('{home}/link.csv')",
        "FROM read_blob('/etc/passwd')",
        "FROM glob('{home}/*')",
        "COPY (SELECT 1) TO '{home}/written.csv'",
        "ATTACH '{home}/written.duckdb'",
        "FROM read_csv('https://example.com/log.csv')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '100GB'",
        "FROM home",
    ],
)
def test_other_files_the_network_and_the_limits_are_out_of_reach(home: Path, query: str) -> None:
    with connect(readable=[home / "given.csv"]) as connection:
        assert connection.execute(f"FROM read_csv('{home}/given.csv')").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error):
            connection.execute(query.format(home=home)).fetchall()
    assert not list(home.glob("written*"))


@pytest.mark.parametrize("name", ["log[1].csv", "log*.csv", "log?.csv", "it's.csv", "a{b,c}.csv"])
def test_signs_in_a_path_are_no_pattern(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a\n1\n")
    (tmp_path / "log1.csv").write_text("a\n2\n")
    (tmp_path / "logx.csv").write_text("a\n3\n")
    path = tmp_path / name
    with connect(readable=[path]) as connection:
        query = f"FROM read_csv({literal(pattern(path))}, header = true, columns = {{a: 'INT'}})"
        assert connection.execute(query).fetchall() == [(1,)]


def test_a_directory_may_be_written_whatever_its_name(tmp_path: Path) -> None:
    directory = tmp_path / "data [old]*"
    directory.mkdir()
    with connect(writable=directory) as connection:
        connection.execute(f"COPY (SELECT 7 AS a) TO {literal(str(directory / 'x.parquet'))}")
        table = f"read_parquet({literal(pattern(directory / 'x.parquet'))})"
        assert connection.execute(f"FROM {table}").fetchall() == [(7,)]
