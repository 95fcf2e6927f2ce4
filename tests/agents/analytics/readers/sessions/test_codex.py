"""Sessions of Codex: token counts that are told again, reads through a shell, older files."""

import json
from typing import Any

from tests.agents.analytics.readers.sessions.told import lines_of, told, told_of

META = {"id": "c0de0001", "cwd": "/code/proj", "model_provider": "openai"}


def record(kind: str, second: int, **payload: Any) -> dict[str, Any]:
    time = f"2026-05-20T09:{second // 60:02}:{second % 60:02}Z"
    return {"timestamp": time, "type": kind, "payload": payload}


def usage(given: int, cached: int, output: int) -> dict[str, int]:
    return {
        "input_tokens": given,
        "cached_input_tokens": cached,
        "output_tokens": output,
        "reasoning_output_tokens": 0,
        "total_tokens": given + output,
    }


def counted(second: int, total: dict[str, int], last: dict[str, int] | None) -> dict[str, Any]:
    info = {"total_token_usage": total, **({"last_token_usage": last} if last else {})}
    return record("event_msg", second, type="token_count", info=info)


def said(second: int, text: str = "Done.") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}]
    return record("response_item", second, type="message", role="assistant", content=content)


def test_counts_that_are_told_again_are_no_requests() -> None:
    found = told_of("codex-by-schema.jsonl")
    infos = [
        line["payload"]["info"]
        for line in lines_of("codex-by-schema.jsonl")
        if line["payload"].get("type") == "token_count"
    ]
    assert len(infos) == 9
    last = [info["total_token_usage"] for info in infos if info][-1]
    assert found.profile.rows == 5
    assert found.total("input_tokens") == last["input_tokens"] == 74_100
    assert found.total("cached_tokens") == last["cached_input_tokens"] == 56_500
    assert found.total("output_tokens") == last["output_tokens"] == 250
    assert found.total("reasoning_tokens") == last["reasoning_output_tokens"] == 70
    assert set(found.column("model")) == {"gpt-5.5-codex"}


def test_commands_that_only_read_are_reads_of_their_lines() -> None:
    reads = [step for step in told_of("codex-by-schema.jsonl").steps if step["action"] == "read"]
    lines = [(step["target"], step["first_line"], step["last_line"]) for step in reads]
    readme = "/code/proj/README.md"
    assert lines == [(readme, 1, 240), (readme, None, None), (readme, 1, 240)]
    assert reads[0]["result_digest"] == reads[2]["result_digest"]
    # 13,400 - 12,000 - 90: what the prompt grew by, without the answer.
    assert (reads[0]["result_tokens"], reads[0]["tokens_are"]) == (1310, "measured")


def test_a_patch_changes_its_files() -> None:
    (edit,) = [s for s in told_of("codex-by-schema.jsonl").steps if s["action"] == "edit"]
    assert edit["changes"] == ["/code/proj/src/a.py"]
    assert edit["is_error"] is False


def test_without_a_last_usage_it_is_the_growth_of_the_totals() -> None:
    found = told(
        [
            record("session_meta", 0, **META),
            counted(1, usage(100, 10, 5), None),
            counted(2, usage(250, 90, 11), None),
        ]
    )
    assert found.column("input_tokens") == [100, 150]
    assert found.column("cached_tokens") == [10, 80]
    assert found.column("output_tokens") == [5, 6]


def test_exact_records_go_before_counts() -> None:
    found = told(
        [
            record("session_meta", 0, **META),
            said(1),
            record("token_usage_record", 2, response_id="resp_1", usage=usage(100, 0, 5)),
            counted(3, usage(100, 0, 5), usage(100, 0, 5)),
            said(4),
            record("token_usage_record", 5, response_id="resp_2", usage=usage(160, 100, 7)),
            counted(6, usage(260, 100, 12), usage(160, 100, 7)),
        ]
    )
    assert found.column("request_id") == ["resp_1", "resp_2"]
    assert found.column("input_tokens") == [100, 160]


def test_a_forked_session_does_not_count_its_parents_past() -> None:
    found = told(
        [
            record("session_meta", 0, **{**META, "id": "child", "forked_from_id": "parent"}),
            record("session_meta", 0, **{**META, "id": "parent"}),
            counted(1, usage(500, 0, 50), usage(500, 0, 50)),
            said(30),
            counted(31, usage(1100, 400, 80), usage(600, 400, 30)),
        ]
    )
    assert [(row["session_id"], row["input_tokens"]) for row in found.rows] == [("child", 600)]


def test_an_agents_session_has_its_role() -> None:
    spawn = {"thread_spawn": {"parent_thread_id": "p", "agent_role": "code-reviewer"}}
    meta = record("session_meta", 0, **META, source={"subagent": spawn})
    found = told([meta, said(20), counted(21, usage(9, 0, 1), usage(9, 0, 1))])
    assert found.column("feature") == ["code-reviewer"]


def test_files_one_after_the_other_stay_apart() -> None:
    other = [
        record("session_meta", 100, **{**META, "id": "c0de0002"}),
        said(101),
        counted(102, usage(20, 0, 2), usage(20, 0, 2)),
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in other)
    both = told("".join(f"{json.dumps(x)}\n" for x in lines_of("codex-by-schema.jsonl")) + text)
    assert both.profile.rows == 6
    assert [turn["number"] for turn in both.turns] == [1, 2, 3, 4, 5, 1]


def test_a_compaction_begins_a_new_span() -> None:
    found = told(
        [
            record("session_meta", 0, **META),
            counted(20, usage(9000, 0, 10), usage(9000, 0, 10)),
            record("compacted", 21, message=""),
            counted(40, usage(12_000, 0, 20), usage(3000, 0, 10)),
        ]
    )
    assert [(turn["span"], turn["before"]) for turn in found.turns] == [(0, None), (1, "compacted")]


def test_without_tokens_requests_are_told_apart_by_what_came_between() -> None:
    found = told_of("codex-hand-made.jsonl")
    assert found.profile.rows == 4
    assert found.column("input_tokens") == [None] * 4
    assert [(step["tool"], step["request"], step["enters"]) for step in found.steps] == [
        ("exec_command", 1, 2),
        ("apply_patch", 2, 3),
        ("mcp__synthetic__lookup", 3, 4),
    ]
    assert any("say nothing of tokens" in sentence for sentence in found.profile.assumptions)


def test_files_without_an_envelope_are_read() -> None:
    found = told_of("codex-flat-by-schema.jsonl")
    assert found.profile.rows == 2
    assert [(step["action"], step["target"]) for step in found.steps] == [("read", "foo.go")] * 2
    assert (found.steps[0]["first_line"], found.steps[0]["last_line"]) == (1, 20)
    assert any("have no time" in sentence for sentence in found.profile.assumptions)
