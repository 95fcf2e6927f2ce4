"""A run's events as a page shows them: when, what, and the texts that came with it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Length

from accounts.admin.sections import Text, excerpt, plain
from agents.admin.wording import readable
from agents.events import body
from agents.models import Run, RunEvent

EVENTS_PER_PAGE = 100
# Frames may have 256 KiB each; of a larger one than this a page says only that it is there.
FRAME_SHOWN = 32 * 1024
FACT_LENGTH = 120  # characters; what is longer is a text of its own
HIDDEN = ("timestamp", "agent_id", "message", "tool_name", "url")


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    type: str
    offset: str  # since the run was accepted
    message: str
    facts: list[tuple[str, str]]
    texts: list[Text]
    whole: str  # where the whole event is


@dataclass(frozen=True, slots=True)
class Timeline:
    entries: list[Entry]
    following: int | None  # the seq after which the next page begins
    is_pruned: bool  # what came before the entries, or all, has been removed


def timeline(run: Run, *, after: int, whole: Callable[[int], str]) -> Timeline:
    """A page of the run's events; `whole` says where the whole text of one is. One query."""
    shown = When(size__lte=FRAME_SHOWN, then=F("frame"))
    rows = (
        RunEvent.objects.filter(run=run, seq__gt=after)
        .annotate(
            size=Length("frame"), shown=Case(shown, default=Value(""), output_field=TextField())
        )
        .order_by("seq")
        .values_list("seq", "type", "size", "shown")[: EVENTS_PER_PAGE + 1]
    )
    found = list(rows)
    entries = [
        _entry(run.created_at, seq, kind, frame, whole(seq), size)
        for seq, kind, size, frame in found[:EVENTS_PER_PAGE]
    ]
    following = entries[-1].seq if len(found) > EVENTS_PER_PAGE else None
    is_pruned = after < run.last_seq and (not entries or entries[0].seq != after + 1)
    return Timeline(entries, following, is_pruned)


def _entry(begun: datetime, seq: int, kind: str, frame: str, whole: str, size: int) -> Entry:
    if not frame:
        return Entry(seq, kind, "", f"A large event: {size:,} characters.", [], [], whole)
    event = body(frame)
    data: dict[str, Any] = event["data"]
    parts = list(_parts(data))
    return Entry(
        seq=seq,
        type=kind,
        offset=f"+{max(event['timestamp'] - begun.timestamp(), 0):.3f} s",
        message=excerpt(str(data.get("message") or data.get("tool_name") or ""), 300),
        facts=[(name, plain(text)) for name, text in parts if _is_short(text)],
        texts=[Text.of(name, text, whole) for name, text in parts if not _is_short(text)],
        whole=whole,
    )


def _parts(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        if name not in HIDDEN and value not in (None, data.get("message")):
            yield name, _text_of(value)


def _text_of(value: Any) -> str:
    """On one line, if it fits."""
    line = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return line if _is_short(line) else readable(value)


def _is_short(text: str) -> bool:
    return len(text) <= FACT_LENGTH and "\n" not in text
