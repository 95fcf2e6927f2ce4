"""
How many tokens a response of Codex was, from what its log says after it.

The log has running totals and the last response's share, and says both again whenever a limit is
refreshed: what repeats the totals before it is no new response.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.analytics.readers.dialects.sessions.shape import a_count, an_object
from agents.analytics.readers.dialects.sessions.timeline import Request

NAMES = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "total_tokens",
)


@dataclass(slots=True)
class Totals:
    """The running totals of one session."""

    last: Mapping[str, Any] | None = None  # `info` as it came
    total: Mapping[str, Any] | None = None

    def of_response(self, info: Any) -> dict[str, int] | None:
        """The tokens of the response that `info` is told after; None where it tells of none."""
        info = an_object(info)
        if not info:
            return None
        total, known = an_object(info.get("total_token_usage")), self.total
        is_repeated = info == self.last or (bool(total) and total == known)
        self.last, self.total = info, total or known
        if is_repeated:
            return None
        own = counts(info.get("last_token_usage"))
        if not own and total:
            before = counts(known)
            own = {
                name: max(count - before.get(name, 0), 0) for name, count in counts(total).items()
            }
        return own if any(own.values()) else None


def counts(usage: Any) -> dict[str, int]:
    named = {name: a_count(an_object(usage).get(name)) for name in NAMES}
    return {name: count for name, count in named.items() if count is not None}


def note_counts(request: Request, usage: Mapping[str, int]) -> None:
    """The input has the cached tokens in it, the output those of reasoning."""
    total = usage.get("input_tokens")
    cached, written = usage.get("cached_input_tokens"), usage.get("cache_write_input_tokens")
    request.input_tokens = total
    request.cached_tokens = _at_most(cached, total or 0)
    request.cache_write_tokens = _at_most(written, (total or 0) - (request.cached_tokens or 0))
    output = usage.get("output_tokens")
    if output is None and total is not None and "total_tokens" in usage:
        output = max(usage["total_tokens"] - total, 0)
    request.output_tokens = output
    request.reasoning_tokens = usage.get("reasoning_output_tokens")


def _at_most(count: int | None, most: int) -> int | None:
    return None if count is None else min(count, most)
