"""Which data set a question is about, and what it can answer."""

from collections import Counter

import pytest

from agents.exceptions import ToolError
from agents.tools.inspect_data import Inspection, inspect_data
from tests.agents.analytics.logs import rows_of
from tests.agents.analytics.sample import sample_log
from tests.agents.desk import Desk

LOG = "timestamp,model,tokens_in\n2026-11-03T10:00:00Z,gpt-4o,5\n"


def chosen(found: Inspection) -> str | None:
    return found.dataset.name if found.dataset else None


def test_without_a_data_set_it_says_what_to_provide_and_how(desk: Desk) -> None:
    found = inspect_data(desk.call(), "Where does the money go?")
    assert found.dataset is None
    advice = " ".join(found.how_to_provide)
    for part in ("POST /api/datasets", "manage.py ask --file", "latency_ms", "CSV", "Parquet"):
        assert part in advice


def test_the_newest_own_data_set_goes_before_a_shared_one(desk: Desk) -> None:
    desk.add("older", LOG)
    desk.add("newer", LOG)
    desk.add("demo", LOG, shared=True)
    found = inspect_data(desk.call(), "How many tokens?")
    assert chosen(found) == "newer"
    assert "newest" in found.why
    assert [other.name for other in found.others] == ["older", "demo"]


def test_a_data_set_that_the_question_names_goes_before_the_newest(desk: Desk) -> None:
    desk.add("March", LOG)
    desk.add("March log", LOG)
    desk.add("April", LOG)
    found = inspect_data(desk.call(), "how many tokens in the march LOG?")
    assert chosen(found) == "March log"
    assert "names it" in found.why


def test_a_name_inside_another_word_is_not_named(desk: Desk) -> None:
    desk.add("art", LOG)
    desk.add("new", LOG)
    assert chosen(inspect_data(desk.call(), "What did the start cost?")) == "new"


def test_the_chosen_data_set_goes_before_all(desk: Desk) -> None:
    first = desk.add("first", LOG)
    desk.add("second", LOG)
    for choice in (first.id, "first", "FIRST"):
        found = inspect_data(desk.call(choice), "What is in second?")
        assert chosen(found) == "first"
        assert "chosen" in found.why


def test_a_chosen_data_set_that_is_not_there_is_an_error_that_names_what_is(desk: Desk) -> None:
    desk.add("first", LOG)
    with pytest.raises(ToolError, match=r"no data set 'other'\. There are 'first'"):
        inspect_data(desk.call("other"), "How many tokens?")


def test_a_shared_data_set_is_better_than_none(desk: Desk) -> None:
    desk.add("demo", LOG, shared=True)
    found = inspect_data(desk.call(), "How many tokens?")
    assert chosen(found) == "demo"
    assert "shared" in found.why


def test_it_says_what_the_data_set_holds_and_lacks(desk: Desk) -> None:
    desk.add("log", sample_log(without=("cost_usd", "ttft_ms")))
    found = inspect_data(desk.call(), "?").dataset
    assert found is not None
    assert found.rows == 1500
    assert found.missing == ["ttft_ms", "cost_usd", "error"]
    latency = next(column for column in found.columns if column.column == "latency_ms")
    assert "milliseconds" in latency.meaning
    assert latency.filled == 1500
    assert found.first_timestamp is not None
    assert any("'odd'" in sentence for sentence in found.assumptions)


def test_it_lists_the_most_frequent_models_features_and_errors_but_no_users(desk: Desk) -> None:
    handle = desk.add("log", sample_log())
    found = inspect_data(desk.call(), "?").dataset
    assert found is not None
    rows = rows_of(handle.directory)
    for column in ("model", "feature"):
        counts = Counter(row[column] for row in rows if row[column])
        assert found.values[column] == sorted(counts, key=lambda value: (-counts[value], value))
    assert set(found.values) == {"model", "feature"}


def test_of_many_values_twenty_are_listed_and_any_can_be_named(desk: Desk) -> None:
    lines = "".join(f"feature-{n:02},5\n" * (100 - n) for n in range(60))
    desk.add("log", "feature,tokens_in\n" + lines)
    found = inspect_data(desk.call(), "How many tokens does feature 59 use?")
    assert found.dataset is not None
    assert found.dataset.values == {"feature": [f"feature-{n:02}" for n in range(20)]}
    assert [named.value for named in found.named] == ["feature-59"]


def test_it_says_which_values_the_question_names(desk: Desk) -> None:
    desk.add("log", sample_log())
    found = inspect_data(desk.call(), "How slow is GPT 4o mini in the Chats of user-7?")
    assert [(named.column, named.value, named.said) for named in found.named] == [
        ("model", "gpt-4o-mini", "gpt 4o mini"),
        ("feature", "chat", "chats"),
        ("user", "user-7", "user-7"),
    ]


def test_the_name_of_the_data_set_names_no_value_in_it(desk: Desk) -> None:
    desk.add("Chat search", sample_log())
    found = inspect_data(desk.call(), "How slow is classify in chat search?")
    assert [named.value for named in found.named] == ["classify"]


def test_a_data_set_whose_files_are_gone_is_an_error(desk: Desk) -> None:
    for part in desk.add("log", LOG).directory.iterdir():
        part.unlink()
    with pytest.raises(ToolError, match="Upload it anew"):
        inspect_data(desk.call(), "How many tokens?")


def test_it_says_which_questions_can_be_answered(desk: Desk) -> None:
    desk.add("log", "model,tokens_in,tokens_out\ngpt-4o,5,6\n")
    assert inspect_data(desk.call(), "?").answers == [
        "how many tokens go in",
        "how long answers are",
        "what requests cost at published prices",
        "all of this by model",
    ]


def test_many_other_data_sets_are_counted_not_listed(desk: Desk) -> None:
    for number in range(14):
        desk.add(f"log {number}", LOG)
    found = inspect_data(desk.call(), "?")
    assert (len(found.others), found.others_left_out) == (10, 3)


def test_the_result_survives_json(desk: Desk) -> None:
    desk.add("log", sample_log(rows=50))
    found = inspect_data(desk.call(), "?")
    assert Inspection.model_validate_json(found.model_dump_json()) == found
