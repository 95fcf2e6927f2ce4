"""The tool for when, by whom and how repetitively an application is used."""

from agents.analytics import patterns
from agents.analytics.batchable import Batchable, batchable
from agents.analytics.burstiness import Burstiness, burstiness
from agents.analytics.concurrency import BusiestMinute, Underway, busiest_minute, underway
from agents.analytics.filters import Condition
from agents.analytics.table import Table
from agents.analytics.timeline import recording
from agents.analytics.week import Week, week, week_chart
from agents.analytics.wording import listing
from agents.tools.base import Call, tool
from agents.tools.results import (
    Opened,
    Result,
    lacking,
    no_rows,
    only_sums,
    opened,
    sum_seconds,
    uncounted,
)


class PatternsResult(Result):
    """None: the data set lacks the columns to tell."""

    rhythm: patterns.Rhythm | None
    concurrency: patterns.Concurrency | None
    repeats: patterns.Repeats | None
    prompt_cache: patterns.CacheUse | None
    users: patterns.Shares | None
    features: patterns.Shares | None
    models: patterns.Shares | None
    underway: Underway | None = None
    busiest_minute: BusiestMinute | None = None
    burstiness: Burstiness | None = None
    week: Week | None = None
    batchable: Batchable | None = None


@tool(read_only=True)
def usage_patterns(
    call: Call,
    period: str = "all",
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> PatternsResult:
    """
    Describe when requests come, how many run at once, who sends them and how many repeat.

    Returns requests and tokens per hour (per minute for less than a day), the peak, the days,
    concurrency by Little's law and counted exactly, the busiest 60 seconds, burstiness, requests by
    weekday and hour, features that may be batched because nobody seems to wait for them, repeated
    prompts, use of the prompt cache, and the largest users, features and models. Hours and days are
    UTC.

    Args:
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        dataset: Id or name; without it the run's chosen or newest one.
        where: Describe only requests that satisfy all of these.
    """
    needed = ("timestamp", "latency_ms", "prompt_hash", "cached_tokens", "user_id", "feature")
    with opened(call, dataset, period, where) as data:
        profile = data.profile
        of_sums = profile.rows_are == "sums"
        sums = patterns.Sums(sum_seconds(profile)) if of_sums else None
        rhythm = patterns.rhythm(data.table, sums)
        missing = lacking(profile, *needed)
        untold = [
            uncounted(profile),
            only_sums(
                profile, "how evenly requests come, how many run at once and how many repeat"
            ),
        ]
        result = PatternsResult(
            computed_from=data.basis,
            missing=missing,
            notes=[*filter(None, [no_rows(data.basis), *untold]), *_untold(missing)],
            rhythm=rhythm,
            concurrency=None if of_sums else _concurrency(data.table, rhythm),
            repeats=None if of_sums else patterns.repeats(data.table),
            prompt_cache=patterns.cache_use(data.table),
            users=patterns.shares(data.table, "user_id"),
            features=patterns.shares(data.table, "feature"),
            models=patterns.shares(data.table, "model"),
        )
        return _in_detail(result, data) if data.basis.rows else result


def _in_detail(result: PatternsResult, data: Opened) -> PatternsResult:
    """How evenly requests come, what runs at once, and what could wait."""
    recorded = recording(data.profile, data.period)
    of_week = week(data.table, recorded) if recorded else None
    found: dict[str, object] = {"week": of_week}
    if data.profile.rows_are == "requests":
        found |= {
            "underway": underway(data.table),
            "busiest_minute": busiest_minute(data.table),
            "burstiness": burstiness(data.table),
        }
    if recorded and of_week:
        found["charts"] = [week_chart(of_week)]
        found["batchable"] = batchable(data.table, data.profile, recorded, of_week)
    return result.model_copy(update=found)


def _concurrency(table: Table, rhythm: patterns.Rhythm | None) -> patterns.Concurrency | None:
    return patterns.concurrency(table, rhythm) if rhythm else None


def _untold(missing: list[str]) -> list[str]:
    subjects = {
        "timestamp": "when requests come",
        "latency_ms": "how many requests run at once",
        "prompt_hash": "how many requests repeat",
        "cached_tokens": "how much the prompt cache is used",
        "user_id": "who sends them",
        "feature": "which feature sends them",
    }
    told_not = [subjects[column] for column in missing]
    return [f"The data set does not tell {listing(told_not, 'or')}."] if told_not else []
