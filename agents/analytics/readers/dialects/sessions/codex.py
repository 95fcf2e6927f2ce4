"""
Session files of Codex: one JSON object per line, of ~/.codex/sessions/**/rollout-*.jsonl.

What a response asked for stands before its tokens are told. Where nothing is told of tokens at
all, responses are told apart by what came between: results, or a word of the user.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agents.analytics.readers.dialects.base import Dialect, Record, Row, Told
from agents.analytics.readers.dialects.sessions.codex_lines import enveloped, is_codex
from agents.analytics.readers.dialects.sessions.codex_tools import codex_deed, output_of
from agents.analytics.readers.dialects.sessions.codex_usage import Totals, counts, note_counts
from agents.analytics.readers.dialects.sessions.log import COMMON, TOKENS, SessionLog
from agents.analytics.readers.dialects.sessions.results import digest, note_result, said
from agents.analytics.readers.dialects.sessions.shape import (
    a_moment,
    a_text,
    an_object,
    last_part,
)
from agents.analytics.readers.dialects.sessions.timeline import Chain, Request, Step
from agents.analytics.schema import LONG_CACHE_WRITE_TOKENS, TIER

COPIED = timedelta(seconds=5)  # after its beginning, a forked session has written its past anew
NO_TIMES = "Lines of older sessions have no time; they have that of their session's beginning."
NO_USAGE = (
    "Some sessions say nothing of tokens: their requests are told apart by what came between."
)
CALLS = {"function_call": "arguments", "custom_tool_call": "input", "local_shell_call": "action"}
OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})


@dataclass(slots=True)
class _Session:
    """One session while its lines are read."""

    chain: Chain
    id: str
    parents: frozenset[str] = frozenset()
    began: datetime | None = None
    project: str | None = None
    folder: str | None = None
    provider: str | None = None
    model: str | None = None
    totals: Totals = field(default_factory=Totals)
    has_usage: bool = False
    has_records: bool = False  # exact ones, beside which the totals do not count
    open: Request | None = None  # the response whose tokens are not told yet
    guessed: list[Request] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)


class _Reading:
    """The lines read so far."""

    def __init__(self, told: Told) -> None:
        self.log = SessionLog(told)
        self.session = self._begin({}, None)

    def take(self, place: int, line: Record) -> None:
        found = enveloped(line)
        if found is None:
            self.log.told.skip(place, "is no record of a session")
            return
        kind, payload = found
        moment = a_moment(line.get("timestamp"))
        match kind:
            case "session_meta":
                self._meta(payload, moment)
            case "turn_context":
                self._context(payload)
            case "response_item":
                self._item(place, payload, moment)
            case "compacted":
                self.session.chain.cut("compacted")
            case "event_msg" if payload.get("type") == "token_count":
                self._totals(place, payload.get("info"), moment)
            case "token_usage_record":
                self._record(place, payload)

    def rows(self) -> Iterator[Row]:
        self._end()
        return self.log.rows()

    def _meta(self, payload: Mapping[str, Any], moment: datetime | None) -> None:
        name = a_text(payload.get("id")) or a_text(payload.get("session_id"))
        session = self.session
        if name in session.parents and not session.has_usage:
            return  # a forked session holds its parent's beginning too
        self._end()
        self.session = self._begin(payload, moment)

    def _begin(self, payload: Mapping[str, Any], moment: datetime | None) -> _Session:
        name = a_text(payload.get("id")) or a_text(payload.get("session_id")) or "session"
        spawned = an_object(an_object(an_object(payload.get("source")).get("subagent")))
        spawn = an_object(spawned.get("thread_spawn"))
        forks = (payload.get("forked_from_id"), payload.get("parent_thread_id"))
        parents = filter(None, map(a_text, (*forks, spawn.get("parent_thread_id"))))
        folder = a_text(payload.get("cwd"))
        chain = self.log.chains.get(name) or Chain(name)
        if spawned:
            chain.agent = a_text(spawn.get("agent_role")) or "subagent"
        return _Session(
            chain=chain,
            id=name,
            parents=frozenset(parents),
            began=moment or a_moment(payload.get("timestamp")),
            project=last_part(folder),
            folder=folder,
            provider=a_text(payload.get("model_provider")),
        )

    def _end(self) -> None:
        """The session is over: where no tokens were told, its guessed requests count."""
        session = self.session
        self._close_guess()
        if session.guessed:
            self.log.told.say(NO_USAGE)
            for request in session.guessed:
                session.chain.add(request)
        if session.chain.requests or session.chain.steps:
            self.log.chains[session.chain.id] = session.chain

    def _context(self, payload: Mapping[str, Any]) -> None:
        session = self.session
        session.model = a_text(payload.get("model")) or session.model
        session.folder = a_text(payload.get("cwd")) or session.folder
        session.project = last_part(session.folder)

    def _item(self, place: int, item: Mapping[str, Any], moment: datetime | None) -> None:
        kind, session = a_text(item.get("type")) or "", self.session
        if kind in CALLS:
            self._call(place, item, moment)
        elif kind in OUTPUTS:
            self._output(place, item, moment)
        elif kind == "message" and item.get("role") != "assistant":
            self._close_guess()
            session.chain.hear(said(item.get("content")).characters, moment)
        elif kind in ("message", "reasoning", "web_search_call"):
            self._answering(place, moment)

    def _answering(self, place: int, moment: datetime | None) -> Request:
        """The response that is being written; the first of its items begins it."""
        session = self.session
        if session.open is None:
            begins = session.chain.heard_at
            if begins is None and moment is None and session.began:
                self.log.told.say(NO_TIMES)
                begins = session.began
            session.open = Request(
                place=place,
                session=session.id,
                started=begins,
                model=session.model,
                provider=session.provider,
                project=session.project,
            )
        session.open.ended = moment or session.open.ended
        return session.open

    def _close_guess(self) -> None:
        """Without tokens a response is over when something else is heard."""
        session = self.session
        if session.open is not None and not session.has_usage:
            session.open.model = session.open.model or session.model
            session.guessed.append(session.open)
            session.open = None

    def _call(self, place: int, item: Mapping[str, Any], moment: datetime | None) -> None:
        session, kind = self.session, str(item["type"])
        self._answering(place, moment)
        given = item.get(CALLS[kind])
        tool = a_text(item.get("name")) or kind.removesuffix("_call")
        written = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        number = session.chain.count if session.has_usage else len(session.guessed)
        step = Step(
            place=place,
            session=session.id,
            request=number + 1,
            tool=tool,
            deed=codex_deed(tool, given, session.folder),
            arguments=digest(written),
            argument_characters=len(written),
            timestamp=moment,
        )
        session.chain.steps.append(step)
        session.steps[a_text(item.get("call_id")) or f"line {place}"] = step

    def _output(self, place: int, item: Mapping[str, Any], moment: datetime | None) -> None:
        session = self.session
        self._close_guess()
        step = session.steps.get(a_text(item.get("call_id")) or "")
        if step is None or step.enters is not None:
            return
        output = output_of(item.get("output"))
        # A search that finds nothing ends with 1.
        failed = output.code not in (None, 0, 1 if step.deed.action == "search" else 0)
        is_error = failed if output.code is not None else None
        note_result(step, output.said, compared=output.compared, is_error=is_error)
        session.chain.answer(step, place, moment)
        if not session.has_usage:
            step.enters = max(step.request, len(session.guessed)) + 1

    def _totals(self, place: int, info: Any, moment: datetime | None) -> None:
        session = self.session
        usage = session.totals.of_response(info)
        is_copy = session.parents and moment and session.began and moment - session.began <= COPIED
        if usage is None or session.has_records or is_copy:
            return
        self._count(place, usage, moment)

    def _record(self, place: int, payload: Mapping[str, Any]) -> None:
        session, usage = self.session, counts(payload.get("usage"))
        last = session.chain.requests[-1] if session.chain.requests else None
        is_known = session.open is None and last and last.input_tokens == usage.get("input_tokens")
        if not session.has_records and last and is_known:
            session.has_records = True
            return  # the totals have told of it before
        session.has_records = True
        if usage:
            request = self._count(place, usage, None)
            request.request_id = a_text(payload.get("response_id"))

    def _count(self, place: int, usage: Mapping[str, int], moment: datetime | None) -> Request:
        """The response is complete."""
        session = self.session
        if not session.has_usage:
            session.has_usage = True
            self._join_guesses()
        request = session.open or Request(place, session.id, provider=session.provider)
        request.model, request.project = session.model or request.model, session.project
        request.started = request.started or request.ended or moment
        note_counts(request, usage)
        session.open = None
        return session.chain.add(request)

    def _join_guesses(self) -> None:
        """Tokens are told of after all: what seemed several responses before was the first."""
        session = self.session
        if session.guessed:
            first = session.guessed[0]
            first.ended = (session.open or session.guessed[-1]).ended
            session.open, session.guessed = first, []
            for step in session.chain.steps:
                step.request = 1
                step.enters = 2 if step.enters is not None else None


def read_codex(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    reading = _Reading(told)
    for place, record in records:
        reading.take(place, record)
    yield from reading.rows()


CODEX = Dialect(
    name="codex",
    label="a session log of Codex",
    sources={
        column: source
        for column, source in {**COMMON, **TOKENS}.items()
        if column not in (LONG_CACHE_WRITE_TOKENS, TIER)
    },
    fits=is_codex,
    rows=read_codex,
)
