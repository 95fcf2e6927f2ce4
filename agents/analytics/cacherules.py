"""
What providers' prompt caches ask of a prompt: how long it must be, and how soon the next must come.

As published in November 2026. The prices of reading and writing are not here: they are those of the
price list, since a tenth of the input price is no longer what all models take. A prompt below the
minimum is not cached, without a word.
"""

import re
from dataclasses import dataclass

from agents.analytics.prices import PricedModel

MINUTE = 60


@dataclass(frozen=True, slots=True)
class CacheRule:
    """`minimum` and `step` are tokens of a prefix; it is kept for `seconds` after its last use."""

    minimum: int
    step: int
    seconds: int
    source: str


_OPENAI = "developers.openai.com, prompt caching guide"
_ANTHROPIC = "platform.claude.com, prompt caching and model pages"
_GEMINI = "ai.google.dev, context caching, 2026-10-13"

# The first that fits counts. Where a life is not published, five minutes are taken.
_RULES: tuple[tuple[str, CacheRule], ...] = (
    (r"gpt-(5\.[6-9]|[6-9])", CacheRule(1024, 1, 30 * MINUTE, _OPENAI)),
    (r"gpt-|^o\d|chatgpt|codex", CacheRule(1024, 128, 5 * MINUTE, _OPENAI)),
    (r"claude-(opus|fable|mythos)-5(-|$)", CacheRule(512, 1, 5 * MINUTE, _ANTHROPIC)),
    (r"claude-opus-4-7", CacheRule(2048, 1, 5 * MINUTE, _ANTHROPIC)),
    (r"claude-(opus-4-[56]|haiku-4-5)", CacheRule(4096, 1, 5 * MINUTE, _ANTHROPIC)),
    (r"claude-", CacheRule(1024, 1, 5 * MINUTE, _ANTHROPIC)),
    (r"gemini-2", CacheRule(2048, 1, 5 * MINUTE, _GEMINI)),
    (r"gemini-", CacheRule(4096, 1, 5 * MINUTE, _GEMINI)),
)
_USUAL = CacheRule(1024, 1, 5 * MINUTE, "none published for this model; the usual ones are taken")


def cache_rule(model: PricedModel) -> CacheRule:
    """The rule for a model, by the name that the price list has for it."""
    for pattern, rule in _RULES:
        if re.search(pattern, model.info.id):
            return rule
    return _USUAL
