"""What SQL says of a data set is what plain Python says, and a mistake is explained."""

import asyncio
import json
import statistics
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agents.analytics.parts import Contents
from agents.analytics.querying.asking import Queried, ask
from agents.analytics.querying.checking import Refused
from agents.analytics.querying.naming import LOG, RESERVED, table_names
from agents.analytics.querying.places import Places
from tests.agents.analytics.conftest import Opened


@pytest.fixture
def rows(sample: Opened) -> list[dict[str, Any]]:
    return sample.rows


async def answer(directory: Path, sql: str) -> Queried:
    contents = Contents.of(directory)
    return await ask(sql, {"log": contents, "other": contents})


async def test_groups_and_percentiles_are_those_of_python(
    sample_directory: Path, rows: list[dict[str, Any]]
) -> None:
    answered = await answer(
        sample_directory,
        """
        WITH slow AS MATERIALIZED (SELECT * FROM log WHERE latency_ms > 500)
        SELECT model, sum(requests) AS requests, median(latency_ms) AS p50, sum(cost_usd) AS usd
        FROM slow GROUP BY ALL ORDER BY requests DESC, model -- the busiest first
        """,
    )
    expected = defaultdict(list)
    for row in rows:
        if row["latency_ms"] is not None and row["latency_ms"] > 500:
            expected[row["model"]].append(row)
    order = sorted(expected, key=lambda model: (-len(expected[model]), model))
    assert [name for name, _ in answered.columns] == ["model", "requests", "p50", "usd"]
    assert [row[0] for row in answered.rows] == order
    for model, requests, p50, usd in answered.rows:
        group = expected[model]
        assert requests == len(group)
        assert p50 == pytest.approx(statistics.median(row["latency_ms"] for row in group))
        costs = [row["cost_usd"] for row in group if row["cost_usd"] is not None]
        assert usd == f"{sum(costs):f}"
    assert (answered.tables, answered.is_cut) == (["log"], False)


@pytest.mark.parametrize(
    "sql",
    [
        "FROM log SELECT count(*)",
        "SELECT count(*) FROM LOG AS l",
        'SELECT count(*) FROM "log"',
        "SELECT count(*) FROM log JOIN other USING (timestamp) WHERE true",
        "SELECT sum(n) FROM (SELECT model, count(*) n FROM log GROUP BY 1)",
        "WITH a AS (FROM log), b AS (FROM a) SELECT count(*) FROM b",
        "WITH log AS (FROM log) SELECT count(*) FROM other",
        "SELECT count(*) OVER () FROM log QUALIFY row_number() OVER () = 1",
        "SELECT count(*) FROM log LEFT JOIN (VALUES ('gpt-4o')) v(model) USING (model)",
        "SELECT max(i) + 1 FROM (SELECT row_number() OVER () - 1 AS i FROM log)",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1500) "
        "SELECT max(n) FROM r",
        "SELECT len(list(model)) + count(*) FILTER (model IS NULL) FROM log",
        "SELECT list_sum(list_transform(list(1), lambda x: x * 1))::BIGINT FROM log;",
        "SELECT length(repeat('x', 1500))",
    ],
)
async def test_all_that_a_select_may_be_is_answered(sample_directory: Path, sql: str) -> None:
    assert (await answer(sample_directory, sql)).rows == [[1500]]


async def test_many_rows_are_cut_in_their_order(
    sample_directory: Path, rows: list[dict[str, Any]]
) -> None:
    answered = await answer(sample_directory, "SELECT timestamp FROM log ORDER BY 1 DESC")
    newest = sorted((row["timestamp"] for row in rows), reverse=True)[:200]
    assert [row[0] for row in answered.rows] == [
        moment.replace(tzinfo=None).isoformat() for moment in newest
    ]
    assert answered.is_cut


async def test_a_value_of_any_type_has_a_form_in_json(sample_directory: Path) -> None:
    answered = await answer(
        sample_directory,
        "VALUES (NULL, true, 1, 9007199254740993, 0.1::DOUBLE, 1.50::DECIMAL(9,3), 'é\u20ac', "
        "'nan'::DOUBLE, '-inf'::FLOAT, DATE '2026-02-28', TIMESTAMP '2026-02-28 01:02:03.5', "
        "TIME '01:02:03', INTERVAL 90 MINUTES, '\\xAB'::BLOB, [1, NULL], {'a': [0.5::FLOAT]}, "
        "MAP {1: 'x'}, uuid '5b9c4b1e-0000-4000-8000-000000000000', repeat('y', 3000))",
    )
    assert answered.rows[0][:-1] == [
        *(None, True, 1, "9007199254740993", 0.1, "1.500", "é€", "nan", "-inf", "2026-02-28"),
        *("2026-02-28T01:02:03.500000", "01:02:03", 5400.0, "ab", [1, None], {"a": [0.5]}),
        *({"1": "x"}, "5b9c4b1e-0000-4000-8000-000000000000"),
    ]
    assert answered.rows[0][-1] == "y" * 999 + "…"
    assert dict(answered.columns)["col5"] == "DECIMAL(9,3)"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT modle FROM log", 'Candidate bindings: "model"'),
        ("SELECT medain(latency_ms) FROM log", "Did you mean 'median'?"),
        ("SELECT * FROM logs", "There are log, other."),
        ("SELECT model FROM log GROUP BY", "syntax error"),
        ("SELECT sum(model) FROM log", "No function matches"),
        ("SELECT model, count(*) FROM log", "must appear in the GROUP BY clause"),
        ("SELECT now()", "Cast it: ::TIMESTAMP"),
        ("SELECT 'x'::INT", "Could not convert string"),
        ("SELECT error('/etc/netra/key is wrong')", "Error: … is wrong"),
        ("SELECT 1 % 0", "Use TRY(...) to return NULL for this expression."),
        ("SELECT list_transform([1], x -> x)", "lambda x, i: x + i"),
        ("PIVOT log ON model USING count(*)", "ON model IN ('a', 'b')"),
        ("SELECT user, count(*) FROM log GROUP BY user", "not of a row"),
        ("FROM log AT (VERSION => 1)", "one version"),
    ],
)
async def test_a_mistake_is_explained_so_that_it_can_be_mended(
    sample_directory: Path, sql: str, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        await answer(sample_directory, sql)
    assert said in str(refused.value)
    assert str(sample_directory) not in str(refused.value)
    assert "SET " not in str(refused.value)


async def test_a_data_set_whose_files_are_gone_is_said_to_be(
    sample_directory: Path, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="Upload the data set anew"):
        await ask(
            "FROM gone", {"log": Contents.of(sample_directory), "gone": Contents.of(tmp_path)}
        )


def test_every_data_set_has_a_name_of_its_own_that_sql_reads() -> None:
    names = ["Usage July.csv", "usage-july csv", "log", "order", "2026", "duckdb_settings", "été"]
    named = table_names((f"{number:08}-aaaa", name) for number, name in enumerate(names))
    assert list(named.values()) == [
        *("usage_july_csv", "usage_july_csv_00000001", "log_00000002", "order_00000003"),
        *("data_2026", "data_duckdb_settings", "t"),
    ]
    words = duckdb.execute("SELECT DISTINCT keyword_name FROM duckdb_keywords()").fetchall()
    for (word,), name in zip(words, table_names((w, w) for (w,) in words).values(), strict=True):
        assert name == word or word in RESERVED | {LOG}
        (statement,) = duckdb.extract_statements(f"SELECT 1 FROM {name}")
        assert statement.type == duckdb.StatementType.SELECT


async def test_a_user_has_two_places_and_leaves_one_to_others() -> None:
    places = Places(of_one_user=2, of_all=3, patience=5)
    now: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def query(user: int, name: str) -> None:
        async with places.place(user):
            now[name] += 1
            now["all"] += 1
            most[name] = max(most[name], now[name])
            most["all"] = max(most["all"], now["all"])
            await asyncio.sleep(0.03)
            now[name] -= 1
            now["all"] -= 1

    names = {1: "alice", 2: "bob"}
    await asyncio.gather(*(query(user, names[user]) for user in (1, 1, 1, 1, 2, 2)))
    assert (most["alice"], most["all"]) == (2, 3)
    assert most["bob"] in (1, 2)


async def test_who_waits_too_long_for_a_place_is_told_so() -> None:
    places = Places(of_one_user=1, patience=0.05)
    async with places.place(1):
        with pytest.raises(Refused, match="one after the other"):
            async with places.place(1):
                pass
    async with places.place(1):  # and the place is free again
        pass


async def test_a_broken_file_is_not_named(sample_directory: Path, tmp_path: Path) -> None:
    home = tmp_path / "a secret place" / "of her"
    home.mkdir(parents=True)
    (home / "part-0.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(Refused) as refused:
        await ask("FROM log", {"log": Contents.of(home)})
    assert "secret" not in str(refused.value)
    assert "her" not in str(refused.value).split()


async def test_what_fails_inside_of_the_engine_is_said_without_its_stack(
    sample_directory: Path,
) -> None:
    with pytest.raises(Refused) as refused:
        await answer(
            sample_directory, "SELECT reservoir_quantile(range, 0.5, 2000000000) FROM range(10)"
        )
    assert "[0x" not in str(refused.value)
    assert "Stack" not in str(refused.value)


def staged(home: Path, *models: str) -> Contents:
    """A data set of which nothing is in a part file yet."""
    home.mkdir()
    file = home / "staged.jsonl"
    rows = [
        {"timestamp": "2026-11-20 10:00:00", "model": model, "request_id": f"{home.name} {number}"}
        for number, model in enumerate(models)
    ]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return Contents((), file)


async def test_data_sets_with_staged_rows_do_not_hide_each_other(
    sample_directory: Path, tmp_path: Path
) -> None:
    tables = {
        "log": staged(tmp_path / "one", "a", "b"),
        "other": staged(tmp_path / "two", "c"),
        "staged": Contents.of(sample_directory),
    }
    counts = "(SELECT count(*) FROM log), (SELECT count(*) FROM other), count(*)"
    answered = await ask(f"SELECT {counts} FROM staged", tables)
    assert answered.rows == [[2, 1, 1500]]
