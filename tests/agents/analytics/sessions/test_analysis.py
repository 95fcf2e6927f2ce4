"""What sessions wasted, compared with sessions in which every token and its price is known."""

import json
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.period import Period
from agents.analytics.readers.read import read_file
from agents.analytics.sessions.analysis import Analysis, analyse
from agents.analytics.sessions.conversation import Sessions, load
from agents.analytics.sessions.findings import Finding, Kind
from agents.analytics.sessions.reading import OVERSIZED_TOKENS
from tests.agents.analytics.sessions.making import CWD, PREFIX, Segment, Session


def loaded(content: str) -> Sessions:
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "session.jsonl"
        file.write_text(content)
        read_file(file, Path(home) / "dataset")
        return load(Path(home) / "dataset")


def analysed(session: Session) -> Analysis:
    return analyse(loaded(session.text()))


def of_kind(found: Analysis, kind: Kind) -> list[Finding]:
    return [finding for finding in found.findings if finding.kind == kind]


def read(session: Session, path: str, tokens: int = 1200, *, version: int = 0) -> Segment:
    call = session.call("Read", {"file_path": f"{CWD}/{path}"})
    return session.result(call, "read", tokens, text=f"{path} {version}")


def carried(segment: Segment) -> int:
    return segment.tokens * (segment.sends - 1)


def test_a_file_read_twice_costs_its_second_text_in_every_later_request() -> None:
    session = Session()
    read(session, "a.py")
    again = read(session, "a.py")
    for _ in range(3):
        session.say()
    (finding,) = analysed(session).findings
    assert (finding.kind, finding.times, finding.confidence) == ("repeated_read", 1, "high")
    assert (finding.tool, finding.target) == ("Read", f"{CWD}/a.py")
    assert (finding.tokens, finding.carried_tokens) == (1200, 2400)
    # Written once, then read from the cache twice: $1.25 and $0.10 a million tokens.
    assert finding.cost_usd == Decimal(1200) * (Decimal("1.25") + 2 * Decimal("0.1")) / 1_000_000
    assert finding.cost_usd == again.paid
    assert [each.what for each in finding.evidence] == ["first", "again"]
    assert finding.evidence[1].place == f"line {again.place}"


def test_a_change_between_makes_it_no_repetition() -> None:
    session = Session()
    read(session, "a.py")
    call = session.call("Edit", {"file_path": f"{CWD}/a.py", "old_string": "a", "new_string": "b"})
    session.result(call, "edit", 20)
    read(session, "a.py", version=1)
    session.say()
    assert analysed(session).findings == []


def test_a_change_that_nobody_saw_is_known_by_the_text() -> None:
    session = Session()
    read(session, "a.py")
    read(session, "a.py", version=1)
    session.say()
    assert analysed(session).findings == []


def test_after_a_compaction_a_file_has_to_be_read_again() -> None:
    session = Session()
    read(session, "a.py")
    session.say()
    session.compact()
    read(session, "a.py")
    session.say()
    found = analysed(session)
    assert found.findings == []
    assert [each.compactions for each in found.growth] == [1]


def test_a_part_of_what_was_read_is_a_weaker_finding() -> None:
    session = Session()
    read(session, "a.py", 2000)
    part = {"file_path": f"{CWD}/a.py", "offset": 10, "limit": 20}
    session.result(session.call("Read", part), "part", 100)
    session.result(session.call("Bash", {"command": "make"}), "run", 30)
    session.result(session.call("Read", {**part, "offset": 40}), "other part", 100)
    session.say()
    found = analysed(session)
    assert [finding.confidence for finding in found.findings] == ["medium", "low"]
    assert found.findings[0].problem.startswith(f"{CWD}/a.py (lines 10 to 29) was read again")
    first = found.findings[0].cost_usd
    assert first is not None
    assert found.total.sure_usd == first


def test_a_pause_longer_than_the_cache_lives_is_a_miss_with_its_price() -> None:
    session = Session()
    read(session, "a.py", 3000)
    session.say()
    session.say(gap=600)
    (finding,) = analysed(session).findings
    (missed,) = session.missed
    assert (finding.kind, finding.confidence, finding.carried_tokens) == ("cache_miss", "high", 0)
    assert finding.tokens == missed.tokens == session.prompts[1]
    assert finding.cost_usd == missed.extra == missed.tokens * Decimal("1.15") / 1_000_000
    assert "10 min after the answer before; it is kept for 5 min" in finding.evidence[0].what


def test_a_miss_within_the_life_of_the_cache_is_not_blamed_on_a_pause() -> None:
    session = Session()
    session.say()
    session.cached = 0
    session.say(gap=10)
    (finding,) = analysed(session).findings
    assert (finding.kind, finding.confidence) == ("cache_miss", "low")
    assert "for a reason the log does not hold" in finding.problem


def test_a_call_that_fails_as_before_is_found_and_one_after_a_change_is_not() -> None:
    session = Session()
    for _ in range(3):
        call = session.call("Bash", {"command": "make tset"})
        session.result(call, "fail", 200, is_error=True, text="make: no rule to make target 'tset'")
    call = session.call("Edit", {"file_path": f"{CWD}/Makefile"})
    session.result(call, "edit", 20)
    call = session.call("Bash", {"command": "make tset"})
    session.result(call, "fail", 200, is_error=True, text="make: no rule to make target 'tset'")
    session.say()
    (finding,) = analysed(session).findings
    again = [each for each in session.everything if each.label == "fail"][1:3]
    assert (finding.kind, finding.times) == ("repeated_failure", 2)
    assert finding.tokens == 400
    assert finding.carried_tokens == sum(map(carried, again))
    assert finding.cost_usd == sum((each.paid for each in again), Decimal(0))
    assert "no rule to make target" in finding.problem


def test_of_an_oversized_result_counts_what_is_beyond_the_limit() -> None:
    session = Session()
    call = session.call("Bash", {"command": "npm test"})
    session.result(call, "log", 6500)
    session.say()
    session.say()
    (finding,) = analysed(session).findings
    beyond = 6500 - OVERSIZED_TOKENS
    assert (finding.kind, finding.tokens, finding.carried_tokens) == (
        "oversized_result",
        beyond,
        beyond,
    )
    assert finding.cost_usd == beyond * (Decimal("1.25") + Decimal("0.1")) / 1_000_000


def test_a_repeated_read_is_not_oversized_as_well() -> None:
    session = Session()
    read(session, "a.py", 6000)
    read(session, "a.py", 6000)
    session.say()
    found = analysed(session)
    assert sorted(finding.kind for finding in found.findings) == [
        "oversized_result",
        "repeated_read",
    ]
    assert [total.tokens for total in found.totals] == [6000, 6000 - OVERSIZED_TOKENS]


def test_a_session_of_a_period_is_whole_with_its_agents() -> None:
    session = Session()
    session.say()
    agent = {**session.lines[-1], "isSidechain": True, "agentId": "a1", "uuid": "of-agent"}
    agent["message"] = {**agent["message"], "id": "msg_agent"}
    session.lines.append({**agent, "requestId": "req_agent", "parentUuid": None})
    first = session.clock
    session.say(gap=86_400)
    other = Session(id="0ther", clock=first)
    other.say()
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "session.jsonl"
        file.write_text(session.text() + other.text().replace("msg_", "other_"))
        read_file(file, Path(home) / "dataset")
        found = load(Path(home) / "dataset", Period(first + timedelta(hours=1), None, "later"))
    assert sorted(turn.agent for turn in found.turns) == ["main", "main", "subagent"]
    assert {turn.session_id for turn in found.turns} == {session.id}


def test_how_a_context_grew() -> None:
    session = Session()
    for number in range(6):
        read(session, f"{number}.py", 1000)
    session.say()
    (growth,) = analysed(session).growth
    assert (growth.requests, growth.first_prompt_tokens) == (7, PREFIX)
    assert growth.sent_tokens == sum(session.prompts)
    assert growth.new_tokens == growth.largest_prompt_tokens == session.prompts[-1]
    assert growth.amplification == sum(session.prompts) / session.prompts[-1]
    assert growth.cost_usd == session.cost


def test_what_no_line_holds_is_said_apart() -> None:
    session = Session()
    session.say()
    session.say()
    found = analysed(session)
    assert found.unlogged is not None
    assert (found.unlogged.tokens, found.unlogged.sent_tokens) == (PREFIX, 2 * PREFIX)
    assert found.unlogged.cost_usd == session.segments[0].paid
    assert any("system prompt" in note for note in found.notes)


def test_one_request_and_none_with_tokens() -> None:
    session = Session()
    session.say()
    found = analysed(session)
    assert found.findings == []
    assert found.total.cost_usd == 0
    assert found.growth[0].amplification is None
    for line in session.lines:
        line.get("message", {}).pop("usage", None)
    bare = analysed(session)
    assert (bare.growth, bare.total.share_of_cost, bare.unlogged) == ([], None, None)
    assert "4 characters a token" in bare.notes[0]


def codex(*requests: tuple[int, str, int, int]) -> list[dict[str, object]]:
    """Minute, model, input and cached tokens of each request of one session."""

    def record(kind: str, minute: int, **payload: object) -> dict[str, object]:
        time = f"2026-05-20T{9 + minute // 60:02}:{minute % 60:02}:00Z"
        return {"timestamp": time, "type": kind, "payload": payload}

    lines = [record("session_meta", 0, id="c0de", model_provider="openai")]
    total = 0
    for minute, model, sent, cached in requests:
        total += sent
        used = {"input_tokens": sent, "cached_input_tokens": cached, "output_tokens": 10}
        info = {"last_token_usage": used, "total_token_usage": {"total_tokens": total}}
        lines += [
            record("turn_context", minute, model=model),
            record("response_item", minute, type="message", role="user", content=[]),
            record("response_item", minute, type="message", role="assistant", content=[]),
            record("event_msg", minute, type="token_count", info=info),
        ]
    return lines


@pytest.mark.parametrize(
    ("second", "confidence", "words"),
    [
        ((20, "gpt-5.2", 9000, 0), "high", "after a pause"),
        ((1, "gpt-5.2", 9000, 0), "low", "a reason the log does not hold"),
        ((1, "gpt-5.1", 9000, 0), "high", "a change of the model"),
    ],
)
def test_a_provider_that_bills_no_writes_misses_too(
    second: tuple[int, str, int, int], confidence: str, words: str
) -> None:
    lines = codex((0, "gpt-5.2", 8000, 0), second)
    found = analyse(loaded("".join(f"{json.dumps(line)}\n" for line in lines)))
    (finding,) = found.findings
    assert (finding.tokens, finding.confidence) == (8000, confidence)
    assert words in finding.problem
    # In place of the cached price, a tenth, the price of new input.
    price = {"gpt-5.2": Decimal("1.75"), "gpt-5.1": Decimal("1.25")}[second[1]]
    assert finding.cost_usd == 8000 * price * Decimal("0.9") / 1_000_000


@pytest.mark.parametrize("second", [(20, "gpt-5.2", 9000, 7900), (20, "gpt-5.2", 7000, 0)])
def test_what_was_found_or_is_gone_is_no_miss(second: tuple[int, str, int, int]) -> None:
    lines = codex((0, "gpt-5.2", 8000, 0), second)
    found = analyse(loaded("".join(f"{json.dumps(line)}\n" for line in lines)))
    assert found.findings == []


def test_a_model_without_a_price_has_findings_without_money() -> None:
    lines = codex((0, "in-house-7b", 8000, 0), (20, "in-house-7b", 9000, 0))
    found = analyse(loaded("".join(f"{json.dumps(line)}\n" for line in lines)))
    (finding,) = found.findings
    assert (finding.tokens, finding.cost_usd) == (8000, None)
    assert (found.total.unpriced_findings, found.total.unpriced_requests) == (1, 2)
    assert found.models[0].cost_usd is None


def test_what_is_served_faster_is_not_priced_as_if_it_were_not() -> None:
    session = Session()
    session.say()
    session.lines[-1]["message"]["usage"]["speed"] = "fast"
    assert analysed(session).total.unpriced_requests == 1


ACTIONS = st.one_of(
    st.tuples(st.just("read"), st.integers(0, 1)),
    st.tuples(st.just("edit"), st.integers(0, 1)),
    st.tuples(st.just("pause"), st.just(0)),
    st.tuples(st.just("compact"), st.just(0)),
)


@settings(max_examples=20)
@given(st.lists(ACTIONS, min_size=1, max_size=12))
def test_planted_waste_is_found_to_the_token_and_the_cent(actions: list[tuple[str, int]]) -> None:
    session, versions, held = Session(), [0, 0], set[tuple[int, int]]()
    planted = []
    for action, path in actions:
        if action == "read":
            segment = read(session, f"{path}.py", 900 + 400 * path, version=versions[path])
            if (path, versions[path]) in held:
                planted.append(segment)
            held.add((path, versions[path]))
        elif action == "edit":
            versions[path] += 1
            call = session.call("Edit", {"file_path": f"{CWD}/{path}.py", "old_string": "v"})
            session.result(call, "edit", 25)
        elif action == "pause":
            session.say(gap=900)
        else:
            session.say()
            session.compact()
            held.clear()
    session.say()
    found = analysed(session)
    sent = [segment for segment in planted if segment.sends]
    reads, missed = of_kind(found, "repeated_read"), of_kind(found, "cache_miss")
    assert sum(finding.times for finding in reads) == len(sent)
    assert sum(finding.tokens for finding in reads) == sum(each.tokens for each in sent)
    assert sum(finding.carried_tokens for finding in reads) == sum(map(carried, sent))
    wasted = sum((each.warm for each in sent), Decimal(0))
    assert sum((f.cost_usd or 0 for f in reads), Decimal(0)) == wasted
    assert sum(finding.tokens for finding in missed) == sum(m.tokens for m in session.missed)
    again = sum((m.extra for m in session.missed), Decimal(0))
    assert sum((f.cost_usd or 0 for f in missed), Decimal(0)) == again
    assert found.total.cost_usd == wasted + again
    assert found.total.sessions_usd == session.cost
