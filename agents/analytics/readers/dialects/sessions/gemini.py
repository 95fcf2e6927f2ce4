"""
Session files of the Gemini CLI: ~/.gemini/tmp/*/chats/session-*.jsonl, and .json of older ones.

A line with the id of an earlier one replaces it. `$set` with messages replaces all of them, and
`$rewindTo` takes back those from one on: that changes the context, but what was used was used, so
every response that ever stood in the file counts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.sessions.gemini_tools import (
    FAILED,
    Response,
    gemini_deed,
    responses,
)
from agents.analytics.readers.dialects.sessions.log import COMMON, TOKENS, SessionLog
from agents.analytics.readers.dialects.sessions.results import digest, note_result, said
from agents.analytics.readers.dialects.sessions.shape import (
    a_count,
    a_moment,
    a_text,
    an_object,
    most_fit,
    objects,
)
from agents.analytics.readers.dialects.sessions.timeline import Chain, Failure, Request, Step
from agents.analytics.schema import (
    CACHE_WRITE_TOKENS,
    LONG_CACHE_WRITE_TOKENS,
    PROJECT,
    TIER,
)

TYPES = frozenset({"user", "gemini", "info", "error", "warning"})
UNTOLD = (CACHE_WRITE_TOKENS, LONG_CACHE_WRITE_TOKENS, PROJECT, TIER)


@dataclass(slots=True)
class _Session:
    """One session while its lines are read."""

    chain: Chain
    id: str
    requests: dict[str, Request] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)  # requests before each message
    steps: dict[str, Step] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)


class _Reading:
    """The lines read so far."""

    def __init__(self, told: Told) -> None:
        self.log = SessionLog(told)
        self.session = self._begin({})

    def take(self, place: int, line: Record) -> None:
        if "$set" in line:
            changed = an_object(line["$set"])
            for message in objects(changed.get("messages")):
                self._message(place, message)
        elif "$rewindTo" in line:
            self._rewind(a_text(line["$rewindTo"]) or "")
        elif a_text(line.get("sessionId")) and a_text(line.get("type")) not in TYPES:
            self.session = self._begin(line)
            for message in objects(line.get("messages")):
                self._message(place, message)
        elif a_text(line.get("type")) in TYPES:
            self._message(place, line)
        else:
            self.log.told.skip(place, "is no message of a session")

    def _begin(self, line: Record) -> _Session:
        name = a_text(line.get("sessionId")) or "session"
        if name == "session":
            return _Session(Chain(name), name)
        chain = self.log.chain(name)
        chain.agent = "subagent" if line.get("kind") == "subagent" else "main"
        return _Session(chain, name)

    def _message(self, place: int, message: Record) -> None:
        session, moment = self.session, a_moment(message.get("timestamp"))
        self.log.chains.setdefault(session.chain.id, session.chain)
        name = a_text(message.get("id")) or f"line {place}"
        session.counts.setdefault(name, session.chain.count)
        content = message.get("content")
        match message.get("type"):
            case "gemini":
                self._response(place, name, message)
            case "user":
                answers = list(responses(content))
                for answer in answers:
                    self._result(place, answer, message)
                if name not in session.heard:
                    session.heard.add(name)
                    session.chain.hear(0 if answers else said(content).characters, moment)
            case "error":
                error = said(content).text or "no answer"
                self.log.failures.append(Failure(place, session.id, moment, error))

    def _response(self, place: int, name: str, message: Record) -> None:
        session, moment = self.session, a_moment(message.get("timestamp"))
        request = session.requests.get(name)
        if request is None:
            model = a_text(message.get("model"))
            provider = "google" if (model or "").startswith("gemini") else None
            request = Request(
                place, session.id, model=model, request_id=name, ended=moment, provider=provider
            )
            session.requests[name] = session.chain.add(request)
        _note_tokens(request, an_object(message.get("tokens")))
        for call in objects(message.get("toolCalls")):
            self._call(place, call, request)

    def _call(self, place: int, call: Mapping[str, Any], request: Request) -> None:
        session = self.session
        name, tool = a_text(call.get("id")) or f"line {place}", a_text(call.get("name")) or ""
        if name not in session.steps:
            arguments = an_object(call.get("args"))
            written = json.dumps(arguments, ensure_ascii=False)
            step = Step(
                place=place,
                session=session.id,
                request=request.number,
                tool=tool,
                deed=gemini_deed(tool, arguments),
                arguments=digest(written),
                argument_characters=len(written),
                timestamp=a_moment(call.get("timestamp")) or request.ended,
            )
            session.steps[name] = step
            session.chain.steps.append(step)
        for answer in responses(call.get("result")):
            self._result(place, answer, call, name)

    def _result(
        self, place: int, answer: Response, told: Mapping[str, Any], name: str | None = None
    ) -> None:
        """Results stand in the call and in the next message: each counts once."""
        step = self.session.steps.get(name or answer.id)
        if step is None or step.enters is not None:
            return
        failed = answer.is_error or a_text(told.get("status")) in FAILED
        note_result(step, answer.said, compared=answer.text, is_error=failed)
        self.session.chain.answer(step, place, a_moment(told.get("timestamp")))

    def _rewind(self, name: str) -> None:
        session = self.session
        if name in session.counts and session.counts[name] < session.chain.count:
            session.chain.rewind(session.counts[name])


def _note_tokens(request: Request, tokens: Mapping[str, Any]) -> None:
    """
    One response's tokens, not running ones. The prompt has the cached ones in it, unless the total
    says otherwise; what was thought, and what tools put into the prompt, is counted beside.
    """
    named = ("input", "output", "cached", "thoughts", "tool", "total")
    given, written, cached, thoughts, tool, total = (a_count(tokens.get(name)) for name in named)
    if given is None:
        return
    beside = cached or 0
    is_apart = beside > 0 and total == given + beside + (written or 0) + (thoughts or 0) + (
        tool or 0
    )
    request.input_tokens = given + (tool or 0) + (beside if is_apart else 0)
    request.cached_tokens = cached if cached is None else min(cached, request.input_tokens)
    request.output_tokens = None if written is None else written + (thoughts or 0)
    request.reasoning_tokens = thoughts


def read_gemini(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    reading = _Reading(told)
    for place, record in records:
        reading.take(place, record)
    yield from reading.log.rows()


def is_gemini(sample: Sample) -> bool:
    """Lines of a chat, of which the first few may be settings; or one object with all of it."""
    return any(map(_tells, sample.records)) and most_fit(sample, _fits)


def _tells(line: Record) -> bool:
    """What no other log has."""
    if "$set" in line or "$rewindTo" in line or line.get("type") == "gemini":
        return True
    return "sessionId" in line and ("projectHash" in line or isinstance(line.get("messages"), list))


def _fits(line: Record) -> bool:
    if _tells(line):
        return True
    known = a_text(line.get("type")) in TYPES and "id" in line and "content" in line
    return known and "parentUuid" not in line


GEMINI = Dialect(
    name="gemini-cli",
    label="a session log of the Gemini CLI",
    sources={
        column: source for column, source in {**COMMON, **TOKENS}.items() if column not in UNTOLD
    },
    fits=is_gemini,
    rows=read_gemini,
)
