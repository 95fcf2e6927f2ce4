"""What a call used: its tokens, and which of them came from a cache."""

from dataclasses import dataclass
from typing import Any

from agents.analytics.readers.dialects.otel import names
from agents.analytics.readers.dialects.otel.reading import (
    as_count,
    as_number,
    count_of,
    number_of,
    object_in,
)
from agents.analytics.readers.dialects.otel.span import Attributes, Span

# Libraries whose input tokens do not include those of a cache, which the conventions want.
BESIDE = frozenset({"com.anthropic.claude_code.tracing", "opentelemetry.instrumentation.bedrock"})
BESIDE_FOR_ANTHROPIC = frozenset({"openlit", "openlit.otel.tracing"})
AI_SDK = "ai"
AI_SDK_DETAILS = "ai.usage.inputTokenDetails.cacheReadTokens"  # from its version 6 on
BESIDE_BEFORE_DETAILS = ("anthropic", "bedrock", "amazon-bedrock")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens; `read` and `written` are in `input`, `reasoning` is in `output`."""

    input: int | None = None
    output: int | None = None
    read: int | None = None
    written: int | None = None
    written_for_an_hour: int | None = None
    reasoning: int | None = None
    cost_usd: str | None = None


def usage_of(span: Span, provider: str | None) -> Usage:
    """What the span says of it, in whichever form."""
    attributes = span.attributes
    if names.LANGFUSE_USAGE in attributes or names.LANGFUSE_COST in attributes:
        return _langfuse(attributes)
    total_input = count_of(attributes, names.INPUT)
    output = count_of(attributes, names.OUTPUT)
    read = count_of(attributes, names.CACHED)
    written = count_of(attributes, names.CACHE_WRITES)
    if read is None and written is None and names.RAW_USAGE in attributes:
        total_input, read, written = _raw(object_in(attributes[names.RAW_USAGE]), total_input)
    elif _is_beside(span, provider, total_input, output, (read or 0) + (written or 0)):
        total_input = (total_input or 0) + (read or 0) + (written or 0)
    cost = number_of(attributes, names.COST)
    return Usage(
        input=total_input,
        output=output,
        read=read,
        written=written,
        written_for_an_hour=count_of(attributes, names.LONG_CACHE_WRITES),
        reasoning=count_of(attributes, names.REASONING),
        cost_usd=_money(cost),
    )


def _is_beside(
    span: Span, provider: str | None, total_input: int | None, output: int | None, cache: int
) -> bool:
    """Whether tokens of the cache are counted beside the input tokens, not in them."""
    if not cache or total_input is None:
        return False
    attributes, maker = span.attributes, provider or ""
    uncached = count_of(attributes, names.UNCACHED)
    if uncached is not None:
        return total_input == uncached
    if span.scope in BESIDE or (span.scope in BESIDE_FOR_ANTHROPIC and "anthropic" in maker):
        return True
    if (
        span.scope == AI_SDK
        and maker.startswith(BESIDE_BEFORE_DETAILS)
        and AI_SDK_DETAILS not in attributes
    ):
        return True
    if cache > total_input:
        return True
    # Some say the sum of all; those whose sum needs the cache's tokens too count them beside.
    total = count_of(attributes, names.TOTAL)
    return total is not None and output is not None and total == total_input + output + cache


def _raw(usage: Any, total_input: int | None) -> tuple[int | None, int | None, int | None]:
    """Input, read and written tokens from the provider's own words."""
    read = as_count(usage.get("cache_read_input_tokens"))
    written = as_count(usage.get("cache_creation_input_tokens"))
    uncached = as_count(usage.get("input_tokens"))
    if (read is not None or written is not None) and uncached is not None:  # Anthropic's
        return uncached + (read or 0) + (written or 0), read, written
    details = object_in(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    return total_input, as_count(details.get("cached_tokens")), None


def _langfuse(attributes: Attributes) -> Usage:
    """
    Langfuse's own attributes: its usage has a key for each sort of tokens, which add up.

    What its integration for OpenAI passes on as it is has OpenAI's keys, and includes the cache.
    """
    usage = object_in(attributes.get(names.LANGFUSE_USAGE))
    costs = object_in(attributes.get(names.LANGFUSE_COST))
    cost = as_number(costs.get("total"))
    if cost is None and costs:
        cost = sum(as_number(value) or 0 for value in costs.values())
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        details = object_in(usage.get("prompt_tokens_details"))
        thought = object_in(usage.get("completion_tokens_details"))
        return Usage(
            input=as_count(usage.get("prompt_tokens")),
            output=as_count(usage.get("completion_tokens")),
            read=as_count(details.get("cached_tokens")),
            reasoning=as_count(thought.get("reasoning_tokens")),
            cost_usd=_money(cost),
        )
    return Usage(
        input=_sum(usage, "input"),
        output=_sum(usage, "output"),
        read=_first(usage, "input_cached_tokens", "cache_read_input_tokens", "input_cache_read"),
        written=_first(usage, "input_cache_creation", "cache_creation_input_tokens"),
        reasoning=_first(usage, "output_reasoning_tokens", "output_reasoning"),
        cost_usd=_money(cost),
    )


def _sum(usage: Any, side: str) -> int | None:
    counts = [
        count
        for key, value in usage.items()
        if (key.startswith(side) or (side == "input" and key.startswith("cache_")))
        and (count := as_count(value)) is not None
    ]
    return sum(counts) if counts else None


def _first(usage: Any, *keys: str) -> int | None:
    found = (as_count(usage.get(key)) for key in keys)
    return next((count for count in found if count is not None), None)


def _money(cost: float | None) -> str | None:
    return f"{cost:.10f}" if cost is not None and cost < 10**7 else None
