"""What the lines of one response of Claude say of its tokens."""

from collections.abc import Mapping
from typing import Any

from agents.analytics.readers.dialects.sessions.shape import a_count, a_text, an_object
from agents.analytics.readers.dialects.sessions.timeline import Request


def note_usage(request: Request, usage: Mapping[str, Any]) -> None:
    """
    Take the larger counts: one response is written as several lines, whose first ones hold fewer
    output tokens than the last, and summing them would count its input again.
    """
    fresh = a_count(usage.get("input_tokens"))
    if fresh is None:
        return
    read = a_count(usage.get("cache_read_input_tokens"))
    written = a_count(usage.get("cache_creation_input_tokens"))
    prompt = fresh + (read or 0) + (written or 0)  # the three do not overlap
    if request.input_tokens is None or prompt > request.input_tokens:
        kept = an_object(usage.get("cache_creation"))
        long = a_count(kept.get("ephemeral_1h_input_tokens"))
        request.input_tokens = prompt
        request.cached_tokens, request.cache_write_tokens = read, written
        request.long_cache_write_tokens = None if long is None else min(long, written or 0)
    details = an_object(usage.get("output_tokens_details"))
    output, thought = a_count(usage.get("output_tokens")), a_count(details.get("thinking_tokens"))
    request.output_tokens = _larger(request.output_tokens, output)
    request.reasoning_tokens = _larger(request.reasoning_tokens, thought)
    speed, tier = a_text(usage.get("speed")), a_text(usage.get("service_tier"))
    request.tier = "fast" if speed == "fast" else (tier or request.tier)


def _larger(before: int | None, count: int | None) -> int | None:
    return max((each for each in (before, count) if each is not None), default=None)
