"""All conversations of a file, as rows of requests and of the tables beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Row, Told, Value
from agents.analytics.readers.dialects.sessions.sizes import CHARACTERS_PER_TOKEN, measure
from agents.analytics.readers.dialects.sessions.timeline import Chain, Failure, Request, Step
from agents.analytics.schema import Column
from agents.analytics.steps import LONGEST_HEAD, LONGEST_TARGET, MOST_CHANGED, STEPS, TURNS
from agents.exceptions import UnreadableFile

COMMON: Mapping[Column, str] = {
    schema.TIMESTAMP: "timestamp",
    schema.MODEL: "model",
    schema.SESSION_ID: "session",
    schema.REQUEST_ID: "response id",
    schema.FEATURE: "agent",
    schema.PROJECT: "cwd",
    schema.PROVIDER: "provider",
    schema.STATUS: "answered or failed",
    schema.ERROR: "error",
    schema.LATENCY_MS: "times of lines",
}
"""What the readers of all assistants may fill, beside tokens."""

TOKENS: Mapping[Column, str] = {
    schema.INPUT_TOKENS: "input tokens",
    schema.CACHED_TOKENS: "cached tokens",
    schema.CACHE_WRITE_TOKENS: "cache writes",
    schema.LONG_CACHE_WRITE_TOKENS: "cache writes for an hour",
    schema.OUTPUT_TOKENS: "output tokens",
    schema.REASONING_TOKENS: "reasoning tokens",
    schema.TIER: "service tier",
}

COUNTED = tuple(column.name for column in TOKENS if column is not schema.TIER)
"""The counts of tokens, in the order in which they stand above."""

TIMED = (
    "The log has no latencies: they are counted from the line before a response to its last line."
)


@dataclass(slots=True)
class SessionLog:
    """What the readers of all assistants fill."""

    told: Told
    chains: dict[str, Chain] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def chain(self, name: str) -> Chain:
        return self.chains.setdefault(name, Chain(name))

    def rows(self) -> Iterator[Row]:
        """The requests in the order of the file; fills the tables beside them."""
        for chain in self.chains.values():
            chain.finish()
            measure(chain)
        place = self.told.skipped.place
        turns = self.told.beside.setdefault(TURNS, [])
        steps = self.told.beside.setdefault(STEPS, [])
        for chain in self.chains.values():
            turns.extend(_turn(chain, request, place) for request in chain.requests)
            steps.extend(_step(chain, step, place) for step in chain.steps)
        answered = [
            (request.place, _answered(chain, request))
            for chain in self.chains.values()
            for request in chain.requests
        ]
        if not answered and not self.failures and not self.told.skipped.count:
            raise UnreadableFile("The session log holds no answer of a model yet.")
        if any("latency_ms" in row for _, row in answered):
            self.told.say(TIMED)
        failed = [(failure.place, _failed(failure)) for failure in self.failures]
        yield from sorted([*answered, *failed], key=lambda pair: pair[0])


def _answered(chain: Chain, request: Request) -> dict[str, Value]:
    values: dict[str, Value] = {
        "timestamp": _text(request.started or request.ended),
        "model": request.model,
        "session_id": request.session,
        "request_id": request.request_id,
        "feature": chain.agent,
        "project": request.project,
        "provider": request.provider,
        "tier": request.tier,
        "status": "success",
        "latency_ms": request.latency_ms,
        **_tokens(request),
    }
    return {name: value for name, value in values.items() if value is not None}


def _tokens(request: Request) -> dict[str, Value]:
    return {name: getattr(request, name) for name in COUNTED}


def _failed(failure: Failure) -> dict[str, Value]:
    return {
        "timestamp": _text(failure.timestamp),
        "session_id": failure.session,
        "project": failure.project,
        "status": "error",
        "error": failure.error[:LONGEST_HEAD],
    }


def _turn(chain: Chain, request: Request, place: str) -> dict[str, Any]:
    return {
        "chain": chain.id,
        "number": request.number,
        "span": request.span,
        "before": request.before,
        "session_id": _name(request.session),
        "agent": _name(chain.agent),
        "project": _name(request.project),
        "place": f"{place} {request.place}",
        "started": _plain(request.started or request.ended),
        "ended": _plain(request.ended or request.started),
        "model": _name(request.model),
        "tier": _name(request.tier),
        **_tokens(request),
        "text_characters": request.text_characters,
    }


def _step(chain: Chain, step: Step, place: str) -> dict[str, Any]:
    deed = step.deed
    return {
        "chain": chain.id,
        "session_id": _name(step.session),
        "request": step.request,
        "enters": step.enters,
        "leaves": step.leaves,
        "tool": step.tool[:LONGEST_HEAD],
        "action": deed.action,
        "target": deed.target[:LONGEST_TARGET] or None,
        "first_line": deed.first_line,
        "last_line": deed.last_line,
        "changes": [path[:LONGEST_TARGET] for path in deed.changes[:MOST_CHANGED]],
        "arguments_digest": step.arguments,
        "argument_tokens": round(step.argument_characters / CHARACTERS_PER_TOKEN),
        "result_characters": step.result_characters,
        "result_tokens": step.result_tokens,
        "tokens_are": step.tokens_are,
        "result_digest": step.result_digest,
        "is_error": step.is_error,
        "is_unchanged": step.is_unchanged,
        "head": step.head,
        "place": f"{place} {step.place}",
        "result_place": f"{place} {step.result_place}" if step.result_place else None,
        "timestamp": _plain(step.timestamp),
    }


def _name(text: str | None) -> str | None:
    """Results list names by the dozen."""
    return text and text[:LONGEST_HEAD]


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _plain(moment: datetime | None) -> str | None:
    """In UTC, without saying so, as the columns are."""
    return moment.replace(tzinfo=None).isoformat(" ") if moment else None
