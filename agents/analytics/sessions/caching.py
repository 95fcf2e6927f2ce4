"""Findings on prompts that had to be read anew because the cache did not hold them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from agents.analytics.sessions.conversation import Conversation
from agents.analytics.sessions.findings import MOST_EVIDENCE, Evidence, Finding
from agents.analytics.sessions.misses import LONG_LIFE, Cause, Miss
from agents.analytics.sessions.repeats import Confidence
from agents.analytics.wording import counted

SURE: Mapping[Cause, Confidence] = {
    "idle": "high",
    "model_switch": "high",
    "resumed": "medium",
    "unknown": "low",
}
FIX: Mapping[Cause, str] = {
    "idle": (
        "Before a pause, compact or end the session; after one, begin a new session if the old "
        "context is not needed. Where pauses of up to an hour are usual, let it live so long."
    ),
    "model_switch": (
        "Each model has a cache of its own: choose the model when a session begins, and leave "
        "other work to agents with a context of their own."
    ),
    "resumed": (
        "A session that is resumed after hours is read anew as a whole: compact it before you "
        "leave it, or begin with a summary."
    ),
    "unknown": (
        "The pause was shorter than the cache lives. Tools, system prompt or settings that change "
        "in mid-session do that, and so can the provider; the log does not hold them."
    ),
}
WHY: Mapping[Cause, str] = {
    "idle": "after a pause longer than the cache lives",
    "model_switch": "after a change of the model",
    "resumed": "when the session was resumed",
    "unknown": "within the life of the cache, for a reason the log does not hold",
}


def missed_caches(conversation: Conversation, missed: Mapping[int, Miss]) -> Iterator[Finding]:
    """One finding for each cause."""
    causes: defaultdict[Cause, list[Miss]] = defaultdict(list)
    for miss in missed.values():
        causes[miss.cause].append(miss)
    for cause, found in causes.items():
        tokens = sum(miss.tokens for miss in found)
        yield Finding(
            kind="cache_miss",
            session=found[0].turn.session_id,
            agent=conversation.first.agent,
            times=len(found),
            tokens=tokens,
            carried_tokens=0,
            cost_usd=_cost(found),
            confidence=SURE[cause],
            problem=(
                f"{counted(len(found), 'request')} paid {tokens:,} tokens of earlier context as "
                f"new input, {WHY[cause]}."
            ),
            fix=FIX[cause],
            evidence=[_evidence(miss) for miss in found[:MOST_EVIDENCE]],
        )


def _cost(found: Sequence[Miss]) -> Decimal | None:
    """In US dollars, beyond what reading it from the cache costs."""
    known = [miss.extra_usd for miss in found if miss.extra_usd is not None]
    return sum(known, Decimal(0)) if len(known) == len(found) else None


def _evidence(miss: Miss) -> Evidence:
    found = miss.turn.cached_tokens or 0
    said = f"{found:,} of {miss.expected:,} expected tokens came from the cache"
    if miss.cause == "model_switch":
        said = f"{said}; {miss.last.model} before, {miss.turn.model} now"
    elif miss.gap is not None:
        life = "an hour" if miss.life == LONG_LIFE else f"{miss.life // timedelta(minutes=1)} min"
        said = f"{said}, {_pause(miss.gap)} after the answer before; it is kept for {life}"
    return Evidence(place=miss.turn.place, what=said, timestamp=miss.turn.started)


def _pause(gap: timedelta) -> str:
    seconds = max(gap.total_seconds(), 0)
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
