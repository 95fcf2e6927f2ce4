"""Sessions of Claude Code: published lines, and lines by schema that repeat and replace others."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from agents.analytics.readers.read import read_file
from agents.exceptions import UnreadableFile
from tests.agents.analytics.readers.sessions.told import lines_of, told, told_of
from tests.agents.analytics.sessions.making import CWD, MODEL, OUTPUT, PREFIX, Session


@pytest.fixture
def session() -> Session:
    """Two reads, one after the other, and an answer."""
    made = Session()
    made.result(made.call("Read", {"file_path": f"{CWD}/a.py"}), "a", 1000)
    made.result(made.call("Read", {"file_path": f"{CWD}/b.py", "offset": 5, "limit": 10}), "b", 600)
    made.say()
    return made


def test_a_response_of_several_lines_is_one_request_with_its_last_usage(session: Session) -> None:
    found = told(session.lines)
    assert found.profile.format == "claude-code"
    assert found.column("request_id") == ["req_1", "req_2", "req_3"]
    assert found.column("input_tokens") == session.prompts
    assert found.column("output_tokens") == [OUTPUT] * 3
    assert found.column("cached_tokens") == [0, *session.prompts[:2]]
    written = [PREFIX, *(b - a for a, b in zip(session.prompts, session.prompts[1:], strict=False))]
    assert found.column("cache_write_tokens") == written
    assert set(found.column("model")) == {MODEL}
    assert set(found.column("feature")) == {"main"}
    assert set(found.column("project")) == {"proj"}
    assert found.column("latency_ms") == [2000, 2000, 1000]


def test_steps_say_what_was_read_how_large_it_was_and_when_it_entered(session: Session) -> None:
    first, second = told(session.lines).steps
    assert (first["tool"], first["action"], first["target"]) == ("Read", "read", f"{CWD}/a.py")
    assert (first["request"], first["enters"], first["leaves"]) == (1, 2, 4)
    assert (first["result_tokens"], first["tokens_are"]) == (1000, "measured")
    assert (second["first_line"], second["last_line"]) == (5, 14)
    assert (second["enters"], second["leaves"], second["result_tokens"]) == (3, 4, 600)
    assert (first["place"], first["result_place"]) == ("line 4", "line 5")


def test_texts_are_not_kept(session: Session) -> None:
    secret = "correct horse battery staple"
    call = session.call("Bash", {"command": "cat notes | sort"})
    session.result(call, "secret", 500, text=secret)
    session.say()
    found = told(session.lines)
    kept = json.dumps([found.rows, found.turns, found.steps], default=str)
    assert "cat notes | sort" in kept
    assert secret not in kept


def test_a_resumed_file_after_the_first_adds_only_what_is_new(session: Session) -> None:
    old = [json.loads(json.dumps(line)) for line in session.lines]
    session.clock = session.clock.replace(hour=20)
    session.result(session.call("Read", {"file_path": f"{CWD}/a.py"}), "a", 1000)
    session.say()
    new = [{**line, "sessionId": "5e551042"} for line in session.lines]
    found = told([*old, *new])
    assert found.column("request_id") == [f"req_{number}" for number in range(1, 6)]
    assert len({turn["chain"] for turn in found.turns}) == 1
    assert [turn["before"] for turn in found.turns] == [None, None, None, "resumed", None]
    assert found.column("session_id") == [session.id] * 3 + ["5e551042"] * 2


def test_sessions_one_after_the_other_stay_apart(session: Session) -> None:
    other = Session(id="5e551043", requests=50)
    other.say()
    found = told(session.text() + other.text())
    assert [turn["number"] for turn in found.turns] == [1, 2, 3, 1]
    assert found.column("session_id") == [session.id] * 3 + [other.id]


def agent_lines(session: Session) -> list[dict[str, Any]]:
    """What an agent of the session said, as its own file has it."""
    agent = Session(id=session.id)
    agent.requests = 100
    agent.say()
    return [
        {**line, "uuid": f"side-{line['uuid']}", "parentUuid": None, "isSidechain": True}
        | {"agentId": "a1"}
        for line in agent.lines
    ]


def test_an_agent_has_a_context_of_its_own_and_the_name_of_its_type(session: Session) -> None:
    call = session.call(
        "Agent", {"subagent_type": "Explore", "prompt": "Look.", "description": "x"}
    )
    session.result(call, "report", 50)
    session.lines[-1]["toolUseResult"] = {"status": "completed", "agentId": "a1", "totalTokens": 9}
    session.say()
    found = told([*session.lines, *agent_lines(session)])
    assert found.column("feature") == ["main"] * 5 + ["Explore"]
    assert [turn["number"] for turn in found.turns] == [1, 2, 3, 4, 5, 1]
    assert found.total("input_tokens") == sum(session.prompts) + PREFIX


def test_an_agents_message_that_its_parent_saw_too_counts_once(session: Session) -> None:
    own = agent_lines(session)
    seen = {
        "type": "progress",
        "sessionId": session.id,
        "data": {"type": "agent_progress", "agentId": "a1", "message": own[-1]},
    }
    found = told([*session.lines, seen, *own])
    assert found.column("feature") == ["main"] * 3 + ["subagent"]


def test_old_files_have_their_agents_lines_among_their_own() -> None:
    found = told_of("claude-sidechain.jsonl")
    assert found.column("feature") == ["main", "subagent", "main"]
    # Two lines of one message: their input counts once.
    assert found.column("input_tokens") == [3 + 141272, 3 + 19830, 3 + 2952 + 141272]
    assert found.column("project") == ["claude-code-log"] * 3
    assert [step["tool"] for step in found.steps] == ["Task", "Grep"]


def test_a_compaction_ends_what_results_are_carried_by(session: Session) -> None:
    session.compact()
    session.say()
    session.say()
    found = told(session.lines)
    assert [turn["span"] for turn in found.turns] == [0, 0, 0, 1, 1]
    assert [turn["before"] for turn in found.turns] == [None, None, None, "compacted", None]
    assert [step["leaves"] for step in found.steps] == [4, 4]


def test_a_published_session_that_was_rewound_and_compacted() -> None:
    found = told_of("claude-compaction.jsonl")
    befores = [turn["before"] for turn in found.turns]
    assert befores == [None, None, "rewound", "compacted", None]
    assert found.total("input_tokens") == 50
    assert found.total("output_tokens") == 25


def test_a_prompt_that_falls_by_half_is_a_cut_that_nobody_logged(session: Session) -> None:
    session.segments = [session.segments[0]]
    session.segments[0].tokens, session.cached = session.prompts[-1] // 3, 0
    session.say()
    found = told(session.lines)
    assert [turn["before"] for turn in found.turns][-1] == "fell"
    assert [step["leaves"] for step in found.steps] == [4, 4]


def test_failed_requests_are_rows_with_their_error_and_without_tokens(session: Session) -> None:
    text = {"type": "text", "text": "API Error: 529 Overloaded"}
    usage = dict.fromkeys(("input_tokens", "output_tokens"), 0)
    last = session.lines[-1]
    message = {"role": "assistant", "model": "<synthetic>", "content": [text], "usage": usage}
    failed = {**last, "uuid": "f", "message": message, "isApiErrorMessage": True}
    retried = {**last, "uuid": "r", "type": "system", "subtype": "api_error", "message": None}
    found = told([*session.lines, {**retried, "error": {"message": "Overloaded"}}, failed])
    errors = [row for row in found.rows if row["is_error"]]
    assert [row["error"] for row in errors] == ["Overloaded", "API Error: 529 Overloaded"]
    assert [row["input_tokens"] for row in errors] == [None, None]
    assert len(found.turns) == 3


def test_published_lines_of_every_kind_are_read() -> None:
    found = told_of("claude-line-kinds.jsonl")
    assert found.profile.skipped_rows == 0
    usages = {}
    for line in lines_of("claude-line-kinds.jsonl"):
        if line["type"] == "assistant":
            usages[line["message"]["id"]] = line["message"]["usage"]
    assert found.profile.rows == len(usages)
    assert found.total("cached_tokens") == sum(
        u["cache_read_input_tokens"] for u in usages.values()
    )
    assert found.total("cache_write_tokens") == sum(
        usage["cache_creation_input_tokens"] for usage in usages.values()
    )
    assert {step["action"] for step in found.steps} == {
        "read",
        "edit",
        "search",
        "run",
        "agent",
        "other",
    }


def test_writes_for_an_hour_are_told_apart() -> None:
    session = Session()
    session.say()
    kept = {"ephemeral_5m_input_tokens": 6000, "ephemeral_1h_input_tokens": 10_000}
    session.lines[-1]["message"]["usage"]["cache_creation"] = kept
    (row,) = told(session.lines).rows
    assert (row["cache_write_tokens"], row["long_cache_write_tokens"]) == (PREFIX, 10_000)


def test_a_line_that_is_cut_off_is_skipped_and_said(session: Session) -> None:
    found = told(session.text() + session.text()[:70])
    assert (found.profile.rows, found.profile.skipped_rows) == (3, 1)
    assert found.profile.skipped_examples[0].line == len(session.lines) + 1


@pytest.mark.parametrize("wrong", [None, [], 3, "x", {"usage": 7}, {"content": 4, "id": []}])
def test_strange_values_harm_nothing(session: Session, wrong: Any) -> None:
    strange = {**session.lines[-1], "uuid": "s", "message": wrong, "timestamp": wrong}
    assert told([*session.lines, strange]).rows[:3] == told(session.lines).rows


def test_a_session_without_an_answer_is_refused_with_the_reason() -> None:
    with pytest.raises(UnreadableFile, match="no answer of a model yet"):
        told(Session().lines)


def test_who_sent_it_is_not_asked_what_it_is(session: Session) -> None:
    lines = [{**line, "_provider": "gemini", "_source_file": "a.json"} for line in session.lines]
    assert told(lines).rows == told(session.lines).rows


@pytest.mark.parametrize(
    "line",
    [
        {"type": "completion", "session_id": "s", "input_tokens": 5, "model": "m"},
        {"type": "message", "role": "user", "input_tokens": 5, "model": "m"},
        {"type": "error", "id": "e", "content": "x", "input_tokens": 5, "model": "m"},
        {"type": "system", "input_tokens": 5, "model": "m"},
    ],
)
def test_other_logs_are_not_taken_for_sessions(line: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "log"
        file.write_text(f"{json.dumps({**line, 'time': '2026-11-03T10:00:00Z'})}\n" * 3)
        assert read_file(file, Path(home) / "dataset").format == "jsonl"


def test_an_old_agent_is_known_by_what_it_was_asked(session: Session) -> None:
    call = session.call("Task", {"subagent_type": "Plan", "prompt": "Plan it.", "description": "x"})
    session.result(call, "report", 50)
    session.say()
    own = agent_lines(session)
    own[0]["message"]["content"] = "Plan it."
    for number, line in enumerate(own):
        del line["agentId"]
        line["parentUuid"] = own[number - 1]["uuid"] if number else None
    assert told([*session.lines, *own]).column("feature")[-1] == "Plan"


def test_an_agents_published_file_is_read_alone() -> None:
    found = told_of("claude-subagent.jsonl")
    assert [(row["input_tokens"], row["output_tokens"]) for row in found.rows] == [(120, 40)]
    assert found.column("feature") == ["subagent"]


def test_no_name_is_longer_than_a_result_can_list() -> None:
    lines = [{**line, "sessionId": "s" * 5000} for line in lines_of("claude-line-kinds.jsonl")]
    found = told(lines)
    assert {len(turn["session_id"]) for turn in found.turns} == {160}
    assert {len(step["session_id"]) for step in found.steps} == {160}
