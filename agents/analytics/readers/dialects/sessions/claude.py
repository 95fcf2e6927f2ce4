"""
Session files of Claude Code: one JSON object per line, of ~/.claude/projects/*/*.jsonl.

One response is several lines, one for each block of its content, with one message id. Files of
resumed sessions and of agents repeat lines of others: each line counts once by its uuid, each
response once by its message id (and the request's id, where both lines have one).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.sessions.claude_chains import (
    ClaudeChains,
    is_side,
    session_of,
)
from agents.analytics.readers.dialects.sessions.claude_tools import AGENTS, claude_deed
from agents.analytics.readers.dialects.sessions.claude_usage import note_usage
from agents.analytics.readers.dialects.sessions.log import COMMON, TOKENS, SessionLog
from agents.analytics.readers.dialects.sessions.results import (
    digest,
    note_result,
    said,
    without_reminders,
)
from agents.analytics.readers.dialects.sessions.shape import (
    a_moment,
    a_text,
    an_object,
    last_part,
    most_fit,
    objects,
)
from agents.analytics.readers.dialects.sessions.timeline import Chain, Failure, Request, Step

HEADINGS = frozenset(
    {
        "agent-name",
        "agent-setting",
        "ai-title",
        "custom-title",
        "file-history-snapshot",
        "last-prompt",
        "mode",
        "permission-mode",
        "pr-link",
        "progress",
        "queue-operation",
        "result",
        "summary",
        "system",
    }
)
"""Lines that hold no word of anybody, but tell the format."""

SPOKEN = ("user", "assistant", "system", "attachment")
SYNTHETIC = "<synthetic>"  # the model of messages that the assistant wrote itself


class _Reading:
    """The lines read so far."""

    def __init__(self, told: Told) -> None:
        self.log = SessionLog(told)
        self.chains = ClaudeChains(self.log)
        self.seen: set[str] = set()
        self.responses: dict[str, list[tuple[Request, bool]]] = {}  # by message id; of an agent?
        # By the call's id, which gateways do not make unique over sessions.
        self.steps: dict[str, list[tuple[Chain, Request, Step]]] = {}
        self.types: dict[str, str] = {}  # of agents, by their id or chain
        self.asked: dict[str, str] = {}  # type of agent by the digest of its prompt
        self.called: dict[str, str] = {}  # type of agent by the call's id

    def take(self, place: int, line: Record) -> None:
        if a_text(line.get("type")) is None:
            self.log.told.skip(place, "has no type, so it is no line of a session")
            return
        if line["type"] == "progress":  # a message of an agent, as its parent saw it
            line = _unwrapped(line)
        uuid = a_text(line.get("uuid"))
        if line.get("type") not in SPOKEN or uuid in self.seen:
            return
        chain = self.chains.of(line)
        if uuid:
            self.seen.add(uuid)
        self._speak(place, line, chain)
        self.chains.note(line, chain)

    def _speak(self, place: int, line: Record, chain: Chain) -> None:
        match line["type"]:
            case "assistant":
                self._response(place, line, chain)
            case "user":
                self._input(place, line, chain)
            case "system":
                self._system(place, line, chain)
            case "attachment":
                text = said(an_object(line.get("attachment")).get("content"))
                chain.hear(text.characters, None)

    def rows(self) -> Iterator[Row]:
        self.chains.name_agents(self.types)
        return self.log.rows()

    def _response(self, place: int, line: Record, chain: Chain) -> None:
        message = an_object(line.get("message"))
        model, moment = a_text(message.get("model")), a_moment(line.get("timestamp"))
        if model == SYNTHETIC or line.get("isApiErrorMessage") is True:
            self._failure(place, line, said(message.get("content")).text)
            return
        request = self._known(message, line)
        if request is None:
            if a_text(line.get("parentUuid")) not in self.chains.positions:
                chain.heard_at = None  # what it answers is not in the file
            request = chain.add(_request(place, line, model))
            key = a_text(message.get("id")) or f"line {place}"
            self.responses.setdefault(key, []).append((request, is_side(line)))
        note_usage(request, an_object(message.get("usage")))
        request.ended = max(filter(None, [request.ended, moment]), default=None)
        for block in objects(message.get("content")):
            if block.get("type") == "tool_use":
                self._call(place, line, block, chain, request)

    def _known(self, message: Mapping[str, Any], line: Record) -> Request | None:
        """The response of which an earlier line was another part."""
        sent, name = a_text(line.get("requestId")), a_text(message.get("id")) or ""
        for request, of_agent in self.responses.get(name, ()):
            # Agents that begin with their parent's messages repeat them under new request ids.
            if of_agent or is_side(line) or not sent or request.request_id in (name, sent):
                return request
        return None

    def _call(
        self, place: int, line: Record, block: Mapping[str, Any], chain: Chain, request: Request
    ) -> None:
        name, tool = a_text(block.get("id")) or f"line {place}", a_text(block.get("name")) or ""
        known = self.steps.setdefault(name, [])
        if any(earlier is request for _, earlier, _ in known):
            return
        arguments = an_object(block.get("input"))
        written = json.dumps(arguments, ensure_ascii=False)
        step = Step(
            place=place,
            session=request.session,
            request=request.number,
            tool=tool,
            deed=claude_deed(tool, arguments, a_text(line.get("cwd"))),
            arguments=digest(written),
            argument_characters=len(written),
            timestamp=a_moment(line.get("timestamp")),
        )
        chain.steps.append(step)
        known.append((chain, request, step))
        if tool in AGENTS and (type_ := a_text(arguments.get("subagent_type"))):
            self.called[name] = type_
            self.asked[digest(a_text(arguments.get("prompt")) or "")] = type_

    def _input(self, place: int, line: Record, chain: Chain) -> None:
        content = an_object(line.get("message")).get("content")
        moment = a_moment(line.get("timestamp"))
        answers = [block for block in objects(content) if block.get("type") == "tool_result"]
        for block in answers:
            self._result(place, line, block, chain)
        if answers:
            return
        if line.get("isCompactSummary") is not True:
            self._rewind(line, chain)
        text = said(content)
        if chain.agent != "main" and not chain.count and (of := self.asked.get(digest(text.text))):
            self.types[chain.id] = of
        chain.hear(text.characters, moment)

    def _rewind(self, line: Record, chain: Chain) -> None:
        """A prompt whose parent is not the last line goes back to there."""
        parent = self.chains.positions.get(a_text(line.get("parentUuid")) or "")
        if parent and parent.chain is chain and parent.count < chain.count:
            chain.rewind(parent.count)

    def _result(self, place: int, line: Record, block: Mapping[str, Any], here: Chain) -> None:
        name = a_text(block.get("tool_use_id")) or ""
        told = an_object(line.get("toolUseResult"))
        agent = a_text(told.get("agentId")) or a_text(line.get("agentId"))
        if agent and name in self.called:
            self.types[agent] = self.called[name]
        asked = [
            (chain, step) for chain, _, step in self.steps.get(name, ()) if step.enters is None
        ]
        if not asked:
            return  # of a call that stands in another file, or told again
        chain, step = max(asked, key=lambda pair: pair[0] is here)
        result = said(block.get("content"))
        note_result(
            step,
            result,
            compared=without_reminders(result.text),
            is_error=block.get("is_error") is True,
        )
        step.is_unchanged = told.get("type") == "file_unchanged"
        chain.answer(step, place, a_moment(line.get("timestamp")))

    def _system(self, place: int, line: Record, chain: Chain) -> None:
        match a_text(line.get("subtype")):
            case "compact_boundary":
                chain.cut("compacted")
            case "microcompact_boundary":
                chain.cut("cleared")
            case "api_error":
                self._failure(place, line, _error(line.get("error")))

    def _failure(self, place: int, line: Record, error: str) -> None:
        moment = a_moment(line.get("timestamp"))
        project = last_part(a_text(line.get("cwd")))
        failure = Failure(place, session_of(line), moment, error or "no answer", project)
        self.log.failures.append(failure)


def read_claude(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    reading = _Reading(told)
    for place, record in records:
        reading.take(place, record)
    yield from reading.rows()


def is_claude(sample: Sample) -> bool:
    """Most lines are those of a session, whatever the file begins with."""
    return most_fit(sample, _fits)


def _fits(line: Record) -> bool:
    kind, message = line.get("type"), an_object(line.get("message"))
    if not isinstance(kind, str) or "payload" in line:
        return False
    if kind in ("user", "assistant") and message.get("role") == kind:
        return True
    is_heading = kind in HEADINGS and ("leafUuid" in line or session_of(line) is not None)
    return is_heading or "isSidechain" in line or "parentUuid" in line


def _request(place: int, line: Record, model: str | None) -> Request:
    return Request(
        place=place,
        session=session_of(line),
        model=model,
        request_id=a_text(line.get("requestId"))
        or a_text(an_object(line.get("message")).get("id")),
        provider="anthropic" if (model or "").startswith("claude") else None,
        project=last_part(a_text(line.get("cwd"))),
    )


def _unwrapped(line: Record) -> Record:
    data = an_object(line.get("data"))
    inner = an_object(data.get("message"))
    if data.get("type") != "agent_progress" or not inner:
        return {}
    agent = a_text(data.get("agentId")) or a_text(line.get("parentToolUseID"))
    session = {"sessionId": session_of(line), "cwd": line.get("cwd")}
    return {**session, **inner, "isSidechain": True, "agentId": agent}


def _error(error: Any) -> str:
    """An error is a text, or an object with a message somewhere in it."""
    while isinstance(error, dict):
        error = error.get("message") or error.get("error") or error.get("type")
    return error if isinstance(error, str) else ""


CLAUDE = Dialect(
    name="claude-code",
    label="a session log of Claude Code",
    sources={**COMMON, **TOKENS},
    fits=is_claude,
    rows=read_claude,
)
