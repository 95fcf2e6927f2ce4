"""A conversation as it happened: requests, tool calls, and what left the context when."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Action = Literal["read", "search", "edit", "run", "agent", "other"]
Before = Literal["compacted", "cleared", "fell", "rewound", "resumed"]

CUTS: frozenset[Before] = frozenset({"compacted", "cleared", "fell"})
"""After these the context holds little of what it held."""

FALL = 0.5  # a prompt this much shorter than the one before was cut, said or not
LEAST_FALL_TOKENS = 4096


@dataclass(slots=True)
class Request:
    """A call of the model. `input_tokens` are all of its prompt, cached or not."""

    place: int
    session: str | None
    model: str | None = None
    request_id: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    long_cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    provider: str | None = None
    project: str | None = None
    tier: str | None = None
    text_characters: int = 0  # that entered the context since the request before
    before: Before | None = None
    number: int = 0
    span: int = 0

    @property
    def latency_ms(self) -> float | None:
        if self.started is None or self.ended is None or self.ended <= self.started:
            return None
        return round((self.ended - self.started).total_seconds() * 1000, 3)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a call does, as far as its tool is known."""

    action: Action = "other"
    target: str = ""
    first_line: int | None = None
    last_line: int | None = None
    changes: tuple[str, ...] = ()


@dataclass(slots=True)
class Step:
    """A tool call, and its result when that has come."""

    place: int
    session: str | None
    request: int  # the number of the one that asked for it
    tool: str
    deed: Deed
    arguments: str  # digest
    argument_characters: int
    timestamp: datetime | None
    enters: int | None = None  # None: no result
    leaves: int | None = None
    result_characters: int = 0
    result_digest: str | None = None
    result_tokens: int = 0
    tokens_are: Literal["measured", "shared", "estimated"] = "estimated"
    is_error: bool | None = None
    is_unchanged: bool = False
    head: str | None = None
    result_place: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that got no answer; it has no number, for nothing of it entered a context."""

    place: int
    session: str | None
    timestamp: datetime | None
    error: str
    project: str | None = None


@dataclass(slots=True)
class Chain:
    """One context: that of the session itself, or of an agent that it started."""

    id: str
    agent: str = "main"
    requests: list[Request] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    heard_at: datetime | None = None
    characters: int = 0  # heard since the last request
    before: Before | None = None  # the next request

    @property
    def count(self) -> int:
        return len(self.requests)

    def hear(self, characters: int, moment: datetime | None) -> None:
        """Prompts and notes enter the context."""
        self.characters += characters
        self.heard_at = moment or self.heard_at

    def add(self, request: Request) -> Request:
        """The next request begins, with all that was heard."""
        self.requests.append(request)
        request.number = self.count
        request.text_characters, self.characters = self.characters, 0
        request.started = request.started or self.heard_at
        request.before, self.before = self.before, None
        last = self.requests[-2] if self.count > 1 else None
        if last and request.before is None and request.session != last.session:
            request.before = "resumed"
        return request

    def answer(self, step: Step, place: int, moment: datetime | None) -> None:
        """The result of a call enters the context."""
        step.result_place = place
        step.enters = max(step.request, self.count) + 1
        self.heard_at = moment or self.heard_at

    def cut(self, before: Before) -> None:
        """The context is made shorter before the next request."""
        self.before = before
        self.characters = 0

    def rewind(self, number: int) -> None:
        """The conversation goes on from where it was after this request."""
        self.before = self.before or "rewound"
        for step in self.steps:
            if step.enters is not None and step.enters > number and step.leaves is None:
                step.leaves = self.count + 1

    def finish(self) -> None:
        """Number the spans of the context, and say when each result left it."""
        for last, request in zip([None, *self.requests], self.requests, strict=False):
            if last and _fell(last, request) and request.before not in CUTS:
                request.before = "fell"
            cuts = request.before in CUTS
            request.span = (last.span if last else 0) + (1 if last and cuts else 0)
        starts = [request.number for request in self.requests if request.before in CUTS]
        for step in self.steps:
            if step.enters is not None:
                ends = [start for start in starts if start >= step.enters][:1]
                limits = [*ends, self.count + 1, *([step.leaves] if step.leaves else [])]
                step.leaves = max(min(limits), step.enters)


def _fell(last: Request, request: Request) -> bool:
    if last.input_tokens is None or request.input_tokens is None:
        return False
    lost = last.input_tokens - request.input_tokens
    return lost >= LEAST_FALL_TOKENS and request.input_tokens < FALL * last.input_tokens
