"""
Sessions of Claude Code by schema, in which every token and its price is known.

A session here is a list of segments, each a text in the context with its tokens. What a
request pays for a segment follows from where it lies: in what came from the cache, in what was
written to it, or behind both. So a test can add up what a segment cost, request by request, without
the product's arithmetic.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

MODEL = "claude-haiku-4-5"
# US dollars for a million tokens, as published.
READ, WRITE, FRESH, OUT = Decimal("0.1"), Decimal("1.25"), Decimal(1), Decimal(5)
LIFE = timedelta(minutes=5)
PREFIX = 16_000  # tokens of system prompt and tools, which are in no log
OUTPUT = 50
SUMMARY = 400
CWD = "/code/proj"


@dataclass
class Segment:
    """A text in the context. `paid` is what each request paid for it, `warm` with a live cache."""

    label: str
    tokens: int
    enters: int = 0
    sends: int = 0
    paid: Decimal = Decimal(0)
    warm: Decimal = Decimal(0)
    place: int = 0


@dataclass
class Missed:
    number: int
    tokens: int
    extra: Decimal


@dataclass
class Session:
    """Lines of a session, and the ledger of what they cost."""

    id: str = "5e551041-0000-4000-8000-000000000001"
    lines: list[dict[str, Any]] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    gone: list[Segment] = field(default_factory=list)  # by compaction
    missed: list[Missed] = field(default_factory=list)
    clock: datetime = datetime(2026, 6, 1, 9, tzinfo=UTC)
    ended: datetime | None = None
    requests: int = 0
    cached: int = 0  # tokens that the cache holds
    prompts: list[int] = field(default_factory=list)
    calls: int = 0

    def __post_init__(self) -> None:
        self.segments.append(Segment("prefix", PREFIX))
        self._line("user", {"role": "user", "content": ""})

    @property
    def everything(self) -> list[Segment]:
        return [*self.gone, *self.segments]

    @property
    def cost(self) -> Decimal:
        return sum((each.paid for each in self.everything), Decimal(0)) + (
            OUT * OUTPUT * self.requests / 1_000_000
        )

    def call(self, tool: str, arguments: dict[str, Any], *, gap: int = 5) -> str:
        """A request that asks for a call; returns the call's id."""
        self._pay(timedelta(seconds=gap))
        self.calls += 1
        name = f"toolu_{self.calls}"
        block = {"type": "tool_use", "id": name, "name": tool, "input": arguments}
        self._response([{"type": "text", "text": "I look."}, block], "tool_use")
        return name

    def say(self, *, gap: int = 5) -> None:
        """A request that ends the turn."""
        self._pay(timedelta(seconds=gap))
        self._response([{"type": "text", "text": "Done."}], "end_turn")

    def result(
        self, call: str, label: str, tokens: int, *, is_error: bool = False, text: str = ""
    ) -> Segment:
        """Four characters a token, of which the first tell one text from others."""
        content = f"{text or label} ".ljust(tokens * 4, "x")[: tokens * 4]
        block: dict[str, Any] = {"type": "tool_result", "tool_use_id": call, "content": content}
        if is_error:
            block["is_error"] = True
        self.clock += timedelta(seconds=1)
        self._line("user", {"role": "user", "content": [block]})
        segment = Segment(label, tokens, place=len(self.lines))
        self.segments.append(segment)
        return segment

    def compact(self) -> None:
        self.clock += timedelta(seconds=1)
        self._line("system", None, subtype="compact_boundary", compactMetadata={"trigger": "auto"})
        self._line("user", {"role": "user", "content": "s" * SUMMARY * 4}, isCompactSummary=True)
        self.gone += self.segments[1:]
        self.segments = [self.segments[0], Segment("summary", SUMMARY)]
        self.cached = PREFIX

    def text(self) -> str:
        return "".join(f"{json.dumps(line)}\n" for line in self.lines)

    def _pay(self, gap: timedelta) -> None:
        """The next request begins so long after the last line."""
        self.clock += gap
        self._line("user", {"role": "user", "content": ""})
        prompt = sum(segment.tokens for segment in self.segments)
        is_dead = self.ended is not None and self.clock - self.ended > LIFE
        self.requests += 1
        read = 0 if is_dead else self.cached
        expected = self.cached
        if is_dead and self._was_compacted():
            expected = 0  # which nobody calls a miss
        elif is_dead:
            extra = expected * (WRITE - READ) / 1_000_000
            self.missed.append(Missed(self.requests, expected, extra))
        at = 0
        for segment in self.segments:
            segment.enters = segment.enters or self.requests
            segment.sends += 1
            segment.paid += _price(at, segment.tokens, read)
            segment.warm += _price(at, segment.tokens, expected)
            at += segment.tokens
        self.prompts.append(prompt)
        self.usage = {
            "input_tokens": 0,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": prompt - read,
            "output_tokens": OUTPUT,
            "service_tier": "standard",
        }
        self.cached = prompt
        self.segments.append(Segment("answer", OUTPUT))

    def _was_compacted(self) -> bool:
        return any(line.get("isCompactSummary") for line in self.lines[-2:])

    def _response(self, blocks: list[dict[str, Any]], stop: str) -> None:
        """One line for each block, the first ones with fewer output tokens, as they come."""
        for number, block in enumerate(blocks, start=1):
            self.clock += timedelta(seconds=1)
            is_last = number == len(blocks)
            usage = self.usage if is_last else {**self.usage, "output_tokens": 1}
            message = {
                "id": f"msg_{self.requests}",
                "role": "assistant",
                "model": MODEL,
                "content": [block],
                "stop_reason": stop if is_last else None,
                "usage": usage,
            }
            self._line("assistant", message, requestId=f"req_{self.requests}")
        self.ended = self.clock

    def _line(self, kind: str, message: dict[str, Any] | None, **more: Any) -> None:
        number = len(self.lines) + 1
        self.lines.append(
            {
                "type": kind,
                "uuid": f"{self.id}-{number}",
                "parentUuid": f"{self.id}-{number - 1}" if number > 1 else None,
                "sessionId": self.id,
                "isSidechain": False,
                "cwd": CWD,
                "timestamp": self.clock.isoformat().replace("+00:00", "Z"),
                **({"message": message} if message else {}),
                **more,
            }
        )


def _price(start: int, tokens: int, read: int) -> Decimal:
    """Of a segment; what does not come from the cache is written to it."""
    found = min(max(read - start, 0), tokens)
    return (found * READ + (tokens - found) * WRITE) / 1_000_000
