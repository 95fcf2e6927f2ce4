"""A request that stands in a file twice is counted once; what only looks alike is not."""

import pytest

from tests.agents.analytics.logs import load

HEADER = "request_id,timestamp,model,input_tokens\n"


def rows(*numbers: int) -> str:
    return "".join(f"r{number},2026-11-03T10:00:{number:02}Z,m,{number}\n" for number in numbers)


def test_two_exports_in_one_file_are_counted_once() -> None:
    log = load(HEADER + rows(1, 2, 3) + rows(2, 3, 4))
    assert log.column("request_id") == ["r1", "r2", "r3", "r4"]
    assert log.profile.repeated_rows == 2
    assert log.profile.skipped_rows == 0
    assert log.profile.assumptions[0].startswith("2 rows repeat an earlier one in 'request_id'")


def test_two_attempts_with_one_id_both_stay() -> None:
    log = load(HEADER + rows(*range(1, 21)) + "r1,2026-11-03T10:00:01Z,m,999\n")
    assert len(log.rows) == 21
    assert log.profile.repeated_rows == 0


def test_rows_without_an_id_are_never_dropped() -> None:
    without = ",2026-11-03T10:00:00Z,m,5\n"
    log = load(HEADER + rows(1, 2, 2) + without * 3)
    assert log.column("request_id") == ["r1", "r2", None, None, None]
    assert log.column("input_tokens") == [1, 2, 5, 5, 5]


def test_equal_rows_stay_where_the_ids_are_of_something_else() -> None:
    row = "chat,2026-11-03T10:00:00Z,m,{}\n"
    log = load(HEADER + "".join(row.format(tokens) for tokens in (1, 2, 3, 4, 4)))
    assert log.column("input_tokens") == [1, 2, 3, 4, 4]
    assert "request_id" not in {column.column for column in log.profile.columns}
    assert any("different rows share its values" in said for said in log.profile.assumptions)


def test_an_id_that_was_mapped_is_one() -> None:
    row = "chat,m,{}\n"
    content = "conversation_key,model,input_tokens\n" + "".join(map(row.format, (1, 2, 2)))
    log = load(content, {"request_id": "conversation_key"})
    assert log.column("input_tokens") == [1, 2]


@pytest.mark.parametrize("name", ["request_id", "id", "generation_id", "response.id"])
def test_usual_names_of_ids_are_known(name: str) -> None:
    assert load(f"{name},model,input_tokens\na,m,1\nb,m,2\n").column("request_id") == ["a", "b"]


def test_a_column_that_is_not_read_after_all_is_not_said_to_be() -> None:
    log = load("RequestId,CorrelationId,model,input_tokens\nr,c,m,14\nr,c,m,0\n")
    assert log.profile.assumptions == [
        "'RequestId' is not read as request_id: different rows share its values."
    ]
