"""SQL over the user's own data sets, as a model calls it."""

import pytest

from agents.exceptions import ToolError
from agents.tools.query_data import QueryColumn, query_data
from tests.agents.analytics.logs import rows_of
from tests.agents.analytics.sample import sample_log
from tests.agents.analytics.sessions.making import CWD, Session
from tests.agents.desk import Desk


async def test_the_chosen_data_set_is_the_log_and_each_has_a_table_of_its_own(desk: Desk) -> None:
    july, august = desk.add("July 2026", sample_log(rows=20)), desk.add("August", sample_log(30))
    result = await query_data(
        desk.call("July 2026"),
        "SELECT (SELECT count(*) FROM log) AS a, (SELECT count(*) FROM july_2026) AS b, "
        "(SELECT count(*) FROM august) AS c",
    )
    assert result.columns[0] == QueryColumn(name="a", type="BIGINT")
    assert result.rows == [[20, 20, 30]]
    assert [(table.table, table.dataset_id) for table in result.computed_from] == [
        ("log", july.id),
        ("august", august.id),
        ("july_2026", july.id),
    ]
    assert (result.row_count, result.truncated, result.notes) == (1, False, [])
    other = await query_data(desk.call(), "SELECT sum(input_tokens) FROM log", dataset="July 2026")
    assert other.rows == [[sum(row["input_tokens"] for row in rows_of(july.directory))]]
    assert [table.table for table in other.other_tables] == ["august", "july_2026"]


async def test_a_cut_answer_says_so(desk: Desk) -> None:
    desk.add("August", sample_log(rows=300))
    result = await query_data(desk.call(), "SELECT model FROM log")
    assert (result.row_count, result.truncated) == (200, True)
    assert "Group or order them" in result.notes[0]


async def test_a_row_that_is_a_sum_is_counted_by_its_requests(desk: Desk) -> None:
    log = "timestamp,model,requests,input_tokens\n2026-11-01T00:00:00Z,a,5,10\n2026-11-02,a,7,20\n"
    desk.add("sums", log)
    result = await query_data(desk.call(), "SELECT sum(requests), count(*) FROM log")
    assert result.rows == [[12, 2]]
    assert result.notes == [
        "Each row of sums is a sum of requests: count them with sum(requests), not count(*)."
    ]


async def test_a_refusal_is_a_tool_error_that_says_what_to_write(desk: Desk) -> None:
    desk.add("August", sample_log(rows=20))
    with pytest.raises(ToolError, match="cannot be used here"):
        await query_data(desk.call(), "SELECT * FROM read_csv('/etc/passwd')")
    with pytest.raises(ToolError, match="There are august, log"):
        await query_data(desk.call(), "SELECT * FROM september")
    with pytest.raises(ToolError, match="There is no data set 'bobs'"):
        await query_data(desk.call(), "SELECT 1", dataset="bobs")


async def test_without_a_data_set_it_says_how_to_provide_one(desk: Desk) -> None:
    with pytest.raises(ToolError, match="Upload a usage log"):
        await query_data(desk.call(), "SELECT 1")


async def test_the_tool_calls_of_a_session_log_can_be_asked_for(desk: Desk) -> None:
    desk.add("steps", sample_log(rows=20))
    session = Session()
    for tokens in (900, 2500):
        session.result(session.call("Read", {"file_path": f"{CWD}/{tokens}.py"}), "a", tokens)
    session.say()
    desk.add("mine", session.text())
    sql = "SELECT tool, target, result_tokens FROM steps ORDER BY result_tokens DESC"
    result = await query_data(desk.call("mine"), sql)
    assert result.rows == [["Read", f"{CWD}/2500.py", 2500], ["Read", f"{CWD}/900.py", 900]]
    (table,) = result.computed_from
    assert (table.table, table.dataset, table.rows) == ("steps", "mine", None)
    both = "SELECT (SELECT count(*) FROM steps), (SELECT count(*) FROM steps_00000000)"
    assert (await query_data(desk.call("mine"), both)).rows == [[2, 20]]
    with pytest.raises(ToolError, match="no table 'steps'"):
        await query_data(desk.call("steps"), sql)
