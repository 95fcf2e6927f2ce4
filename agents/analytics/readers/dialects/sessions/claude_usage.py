"""What the lines of one response of Claude say of its tokens."""

from collections.abc import Mapping
from typing import Any

from agents.analytics.readers.dialects.sessions.log import COUNTED
from agents.analytics.readers.dialects.sessions.shape import a_count, a_text, an_object
from agents.analytics.readers.dialects.sessions.timeline import Request


def note_usage(request: Request, usage: Mapping[str, Any]) -> None:
    """
    Take the larger of each count: one response is written as several lines, whose first ones hold
    fewer output tokens than the last, and summing them would count its input again.
    """
    fresh = a_count(usage.get("input_tokens"))
    if fresh is None:
        return
    read = a_count(usage.get("cache_read_input_tokens"))
    written = a_count(usage.get("cache_creation_input_tokens"))
    kept = an_object(usage.get("cache_creation"))
    details = an_object(usage.get("output_tokens_details"))
    counts = (
        fresh + (read or 0) + (written or 0),  # the three do not overlap
        read,
        written,
        a_count(kept.get("ephemeral_1h_input_tokens")),
        a_count(usage.get("output_tokens")),
        a_count(details.get("thinking_tokens")),
    )
    for name, count in zip(COUNTED, counts, strict=True):
        before = getattr(request, name)
        if count is not None and (before is None or count > before):
            setattr(request, name, count)
    speed, tier = a_text(usage.get("speed")), a_text(usage.get("service_tier"))
    request.tier = "fast" if speed == "fast" else (tier or request.tier)
