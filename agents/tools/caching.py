"""The tool for what caches do and could do."""

from agents.analytics.caching import AnswerCache, PromptCache, answer_cache, prompt_cache
from agents.analytics.charts import Axis, Chart
from agents.analytics.filters import Condition
from agents.analytics.money_charts import bars
from agents.analytics.prefixes import (
    PrefixCache,
    UnreadWrites,
    prefix_caches,
    prefixes,
    unread_writes,
)
from agents.analytics.profile import Profile
from agents.tools.base import Call, tool
from agents.tools.money import PRICED_FROM, cost_basis, drawn, listed_missing, without
from agents.tools.results import Result, lacking, no_rows, only_sums, opened

WRITES = ("timestamp", "model", "input_tokens", "cached_tokens", "cache_write_tokens")


class CachingResult(Result):
    """
    `answers`: requests that repeat an earlier one. `prompt_cache`: what the provider's cache does
    now. `prefixes`: what it could do, as bounds. `unread_writes`: written in vain. Each is None
    where the log cannot tell.
    """

    answers: AnswerCache | None = None
    prompt_cache: PromptCache | None = None
    prefixes: list[PrefixCache] | None = None
    unread_writes: list[UnreadWrites] | None = None


@tool(read_only=True)
def analyze_caching(
    call: Call,
    period: str = "all",
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> CachingResult:
    """
    Say what caching does and could save: repeated prompts, and the provider's prompt cache.

    Take it for questions on caches alone; `find_savings` weighs them against all other changes.

    For repeated prompts: which share a cache of answers would hit that keeps them for 5 minutes, an
    hour, a day or for good, and what that saves. For the prompt cache: the share of cached input
    tokens by model and feature, what it saved, lower and upper bounds of what full use would save
    under the provider's rules, and writes that were never read. Amounts are US dollars as decimal
    strings; ranges run from the cautious to the favourable end.

    Args:
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        dataset: Id or name; without it the run's chosen or newest one.
        where: Only requests that satisfy all of these.
    """
    with opened(call, dataset, period, where) as data:
        profile, table = data.profile, data.table
        basis, missing, notes = cost_basis(profile)
        singles = profile.rows_are == "requests"
        answers = None
        if singles and profile.has("prompt_hash", "timestamp"):
            answers = answer_cache(table, basis)
        can_read = profile.has("input_tokens", "cached_tokens")
        cached = prompt_cache(table) if can_read else None
        can_bound = singles and profile.has("timestamp", *PRICED_FROM)
        can_write = singles and profile.has(*WRITES)
        return CachingResult(
            computed_from=data.basis,
            missing=listed_missing(
                missing, lacking(profile, "prompt_hash", "cached_tokens", "timestamp")
            ),
            notes=[
                *filter(None, [no_rows(data.basis), only_sums(profile, "which prompts repeat")]),
                *notes,
                *_notes(profile, answers),
            ],
            answers=answers,
            prompt_cache=cached,
            prefixes=prefix_caches(prefixes(table, basis)) if basis and can_bound else None,
            unread_writes=unread_writes(table, basis) if basis and can_write else None,
            charts=_charts(cached, answers),
        )


def _notes(profile: Profile, answers: AnswerCache | None) -> list[str]:
    notes = [
        *without(profile, "which prompts repeat", "prompt_hash"),
        *without(profile, "what the prompt cache does", "cached_tokens"),
    ]
    if profile.has("prompt_hash") and answers is None:
        notes.append("Fewer than 100 requests have a prompt and a time: too few to say anything.")
    if not profile.has("session_id"):
        notes.append(
            "The data set has no session column; the requests of a user to a feature and a model "
            "are taken for one conversation, and none of it is certain."
        )
    return notes


def _charts(cached: PromptCache | None, answers: AnswerCache | None) -> list[Chart]:
    share, charts = Axis(label="share"), []
    if cached:
        names = [item.key for item in cached.models]
        now = {"cached": [item.share for item in cached.models]}
        charts.append(bars("Input tokens read from the cache", share, names, now, "model"))
    if answers:
        names = [item.keeps for item in answers.lives]
        hits = {
            "low": [item.share_low for item in answers.lives],
            "high": [item.share_high for item in answers.lives],
        }
        charts.append(bars("Requests a cache of answers would hit", share, names, hits, "kept for"))
    return drawn(*charts)
