"""All documented formats, in the order in which a file is tried with them."""

from agents.analytics.readers.dialects import (
    anthropic_claude_code,
    anthropic_costs,
    anthropic_usage,
    clouds,
    langfuse,
    litellm,
    openai_costs,
    openai_legacy,
    openai_usage,
    openrouter,
    responses,
)
from agents.analytics.readers.dialects.base import Dialect, Sample
from agents.analytics.readers.dialects.otel.dialect import BARE, CONSOLE, OTLP
from agents.analytics.readers.dialects.sessions.claude import CLAUDE
from agents.analytics.readers.dialects.sessions.codex import CODEX
from agents.analytics.readers.dialects.sessions.gemini import GEMINI
from agents.analytics.readers.dialects.sessions.sent import SENT

DIALECTS: tuple[Dialect, ...] = (
    openai_costs.DIALECT,
    openai_usage.DIALECT,
    openai_legacy.DIALECT,
    anthropic_costs.DIALECT,
    anthropic_usage.DIALECT,
    anthropic_claude_code.DIALECT,
    litellm.DIALECT,
    langfuse.DIALECT,
    openrouter.DIALECT,
    clouds.DIALECT,
    CODEX,
    SENT,
    GEMINI,
    CLAUDE,
    responses.DIALECT,
    OTLP,
    BARE,
    CONSOLE,
)
"""Costs before usage: a file may hold both, and then it is the costs that are read."""


def dialect_of(sample: Sample) -> Dialect | None:
    """The format that fits; None for a log with columns of its own."""
    return next((dialect for dialect in DIALECTS if dialect.fits(sample)), None)
