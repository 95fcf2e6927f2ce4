"""A column tells prompts apart, or it is not read as doing so."""

from tests.agents.analytics.logs import load


def test_equal_values_with_different_tokens_are_no_equal_prompts() -> None:
    rows = "".join(f"m,system,{tokens}\n" for tokens in range(1, 21))
    log = load("model,prompt_hash,input_tokens\n" + rows)
    assert log.column("prompt_hash") == [None] * 20
    assert log.profile.ignored == ["prompt_hash"]
    assert "19 of 20 rows" in log.profile.assumptions[0]


def test_equal_prompts_may_have_different_tokens_at_different_models() -> None:
    rows = "a,x,5\nb,x,7\na,y,9\nb,y,11\n" * 10
    log = load("model,prompt_hash,input_tokens\n" + rows)
    assert set(log.column("prompt_hash")) == {"x", "y"}
    assert not log.profile.assumptions


def test_requests_that_failed_without_tokens_make_no_prompt_another() -> None:
    rows = "m,x,5\nm,x,0\nm,x,5\n" * 20
    assert set(load("model,prompt_hash,input_tokens\n" + rows).column("prompt_hash")) == {"x"}


def test_few_rows_that_differ_do_not_matter() -> None:
    rows = "m,x,5\n" * 50 + "m,y,5\nm,y,6\n"
    assert load("model,prompt_hash,input_tokens\n" + rows).column("prompt_hash")[-1] == "y"


def test_a_mapped_hash_is_read_and_doubted() -> None:
    rows = "".join(f"m,system,{tokens}\n" for tokens in range(1, 21))
    log = load("model,key,input_tokens\n" + rows, {"prompt_hash": "key"})
    assert log.column("prompt_hash") == ["system"] * 20
    assert "as mapped, although" in log.profile.assumptions[0]


def test_names_of_templates_are_no_prompts() -> None:
    log = load("model,prompt\n" + "m,summarise\nm,classify\n" * 10)
    assert log.profile.ignored == ["prompt"]
    assert "only 2 short texts" in log.profile.assumptions[0]


def test_short_prompts_that_differ_are_prompts() -> None:
    log = load("model,prompt\n" + "".join(f"m,What is {n} + {n}?\n" for n in range(20)))
    assert len(set(log.column("prompt_hash"))) == 20
