"""Provider, project, session, tier and reasoning of any log, by their usual names."""

import pytest

from tests.agents.analytics.logs import load


def column(header: str, *values: str, target: str) -> list[object]:
    rows = "".join(f"m,5,{value}\n" for value in values)
    return load(f"model,tokens_in,{header}\n{rows}").column(target)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("provider", "provider"),
        ("custom_llm_provider", "provider"),
        ("gen_ai.system", "provider"),
        ("project_id", "project"),
        ("api_key_alias", "project"),
        ("session_id", "session_id"),
        ("conversationId", "session_id"),
        ("service_tier", "tier"),
        ("workspace", "user_id"),
        ("project", "feature"),
    ],
)
def test_a_usual_name_is_known(header: str, target: str) -> None:
    assert column(header, "a", "b", target=target) == ["a", "b"]


def test_a_prompt_in_a_column_named_system_is_no_provider() -> None:
    assert column("system", "You are helpful", target="provider") == [None]


def test_what_may_be_a_user_is_the_project_beside_a_better_user() -> None:
    log = load("model,tokens_in,user_id,workspace,feature,project\nm,5,u,w,f,p\n")
    row = log.rows[0]
    assert (row["user_id"], row["feature"], row["project"]) == ("u", "f", "w")
    both = load("model,tokens_in,user,team,project_id\nm,5,u,t,p\n").rows[0]
    assert (both["user_id"], both["project"]) == ("u", "p")


def test_a_flag_for_batches_is_a_tier() -> None:
    log = load("model,tokens_in,batch\nm,5,true\nm,5,FALSE\nm,5,\nm,5,1\n")
    assert log.column("tier") == ["batch", None, None, "batch"]
    source = log.profile.source_of("tier")
    assert source is not None
    assert source.conversion == "true to batch"


def test_a_tier_by_name_goes_before_a_flag() -> None:
    log = load("model,tokens_in,batch,service_tier\nm,5,false,Default\nm,5,false,flex\n")
    assert log.column("tier") == ["standard", "flex"]


def test_ids_of_batches_are_no_tier() -> None:
    log = load("model,tokens_in,batch\nm,5,b-17\nm,5,b-18\n")
    assert log.column("tier") == [None, None]
    assert "neither true nor false" in log.profile.assumptions[0]


def test_a_mapping_may_read_a_flag_as_the_tier() -> None:
    log = load(
        "model,tokens_in,overnight\nm,5,yes\n", {"tier": {"column": "overnight", "unit": "batch"}}
    )
    assert log.column("tier") == ["batch"]


@pytest.mark.parametrize(
    "header",
    [
        "reasoning_tokens",
        "completion_tokens_details.reasoning_tokens",
        "usage.output_tokens_details.reasoning_tokens",
        "thoughtsTokenCount",
    ],
)
def test_reasoning_tokens_are_known(header: str) -> None:
    assert column(header, "7", target="reasoning_tokens") == [7]


def test_writes_for_an_hour_are_a_part_of_the_cache_writes() -> None:
    names = (
        "model,usage.input_tokens,usage.cache_creation_input_tokens,"
        "usage.cache_creation.ephemeral_1h_input_tokens\n"
    )
    (row,) = load(names + "claude-opus-5,10,100,60\n").rows
    assert (row["input_tokens"], row["cache_write_tokens"]) == (110, 100)
    assert row["long_cache_write_tokens"] == 60
