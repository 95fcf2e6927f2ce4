"""Sessions of the Gemini CLI by schema: ids that replace, settings, rewinds, both forms of file."""

import json
from typing import Any

from tests.agents.analytics.readers.sessions.told import told

HEADER = {"sessionId": "9e31", "projectHash": "h", "startTime": "2026-10-02T08:00:00Z"}


def message(kind: str, name: str, second: int, content: Any = "", **more: Any) -> dict[str, Any]:
    time = f"2026-10-02T08:{second // 60:02}:{second % 60:02}Z"
    return {"id": name, "timestamp": time, "type": kind, "content": content, **more}


def tokens(given: int, output: int, cached: int, thoughts: int = 0) -> dict[str, int]:
    total = given + output + thoughts
    return {
        "input": given,
        "output": output,
        "cached": cached,
        "thoughts": thoughts,
        "tool": 0,
        "total": total,
    }


def answer(name: str, call: str, output: str) -> list[dict[str, Any]]:
    return [{"functionResponse": {"id": call, "name": name, "response": {"output": output}}}]


def read_call(call: str, path: str, output: str) -> dict[str, Any]:
    result = answer("read_file", call, output)
    arguments = {"file_path": path, "start_line": 3, "end_line": 9}
    return {"id": call, "name": "read_file", "args": arguments, "result": result}


def response(name: str, second: int, used: dict[str, int], **more: Any) -> dict[str, Any]:
    return message("gemini", name, second, model="gemini-2.5-pro", tokens=used, **more)


def session() -> list[dict[str, Any]]:
    calls = [read_call("r1", "/code/a.ts", "x" * 400)]
    return [
        HEADER,
        message("user", "u1", 1, [{"text": "Why?"}]),
        {"$set": {"lastUpdated": "2026-10-02T08:00:01Z"}},
        response("g1", 4, tokens(1000, 20, 0, 30)),
        response("g1", 4, tokens(1000, 20, 0, 30), toolCalls=calls),
        message("user", "u2", 5, answer("read_file", "r1", "x" * 400)),
        response("g2", 9, tokens(1120, 10, 900)),
    ]


def test_a_line_with_the_id_of_an_earlier_one_replaces_it() -> None:
    found = told(session())
    assert found.profile.format == "gemini-cli"
    assert found.column("input_tokens") == [1000, 1120]
    assert found.column("cached_tokens") == [0, 900]
    assert found.column("latency_ms") == [3000, 4000]
    assert set(found.column("provider")) == {"google"}


def test_what_was_thought_is_output_too() -> None:
    found = told(session())
    assert found.column("output_tokens") == [50, 10]
    assert found.column("reasoning_tokens") == [30, 0]


def test_a_result_that_is_told_twice_counts_once() -> None:
    (step,) = told(session()).steps
    assert (step["action"], step["target"]) == ("read", "/code/a.ts")
    assert (step["first_line"], step["last_line"]) == (3, 9)
    assert (step["result_characters"], step["enters"], step["leaves"]) == (400, 2, 3)


def test_what_was_taken_back_was_used_all_the_same() -> None:
    lines = [
        *session(),
        {"$rewindTo": "u2"},
        message("user", "u3", 20, [{"text": "No."}]),
        response("g3", 25, tokens(1010, 5, 0)),
    ]
    found = told(lines)
    assert found.column("input_tokens") == [1000, 1120, 1010]
    assert [turn["before"] for turn in found.turns] == [None, None, "rewound"]
    assert found.steps[0]["leaves"] == 3


def test_messages_that_are_set_anew_are_not_counted_again() -> None:
    messages = [line for line in session() if "type" in line]
    found = told([*session(), {"$set": {"messages": messages}}])
    assert found.column("input_tokens") == [1000, 1120]


def test_an_older_file_is_one_object() -> None:
    messages = [line for line in session() if "type" in line]
    whole = {**HEADER, "messages": messages}
    for text in (json.dumps(whole), json.dumps(whole, indent=2)):
        found = told(text)
        assert found.column("input_tokens") == [1000, 1120]
        assert found.column("session_id") == ["9e31"] * 2


def test_cached_tokens_that_stand_beside_the_input_are_added_to_it() -> None:
    used = {"input": 100, "output": 10, "cached": 900, "thoughts": 0, "tool": 0, "total": 1010}
    lines = [HEADER, message("user", "u1", 1, "Why?"), response("g1", 4, used)]
    (row,) = told(lines).rows
    assert (row["input_tokens"], row["cached_tokens"]) == (1000, 900)


def test_an_error_is_a_failed_request() -> None:
    lines = [*session(), message("error", "e1", 30, "[API Error: quota]")]
    failed = told(lines).rows[-1]
    assert (failed["is_error"], failed["error"]) == (True, "[API Error: quota]")


def test_messages_that_a_client_has_stripped_are_read_as_far_as_they_go() -> None:
    common = {"session_id": None, "model": "gemini-pro", "role": None, "_provider": "gemini"}
    contents: list[Any] = ["Why?", "Because.", answer("read_file", "r1", "x"), "So."]
    lines = [
        {**common, "timestamp": f"2026-10-02T08:00:0{index}Z", "content": content}
        | {"message_index": index, "_source_file": "session-1.json"}
        for index, content in enumerate(contents)
    ]
    found = told(lines)
    assert found.profile.format == "gemini-cli-messages"
    assert found.profile.rows == 2
    assert found.column("model") == [None, None]
    assert found.column("latency_ms") == [1000, 1000]
    assert "sent without its tokens" in found.profile.assumptions[0]
