"""
Requests that failed: of what kind, how often, what they cost, and what was tried again.

An attempt is a retry of the one before it when that one failed, both are the same request of the
same user and feature, and at most 120 seconds lie between the end of one and the start of the
other: the clients of Anthropic and OpenAI try twice more and wait up to 60 seconds. Two attempts
are the same request when their prompts are, or, where the log has no prompts, when model and input
tokens are; that is only probable. What a client tries again by itself a log often does not show, so
the figures are the least.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel

from agents.analytics.duck import literal
from agents.analytics.effects import Effect
from agents.analytics.figures import Figure, Ratio
from agents.analytics.money import Usd, UsdRange
from agents.analytics.priced import Basis, priced
from agents.analytics.table import Table
from agents.analytics.traced import traced

RETRY_SECONDS = 120
DOUBLE_SECONDS = 10  # a success that is asked for again within them was sent twice
FEWEST = 20  # outcomes; with fewer an error rate says nothing
TOP = 10
Z_95 = 1.959963984540054  # the normal quantile of 0.975

ErrorClass = Literal[
    "rate limit",
    "timeout",
    "overloaded",
    "server error",
    "content filter",
    "context too long",
    "authentication",
    "bad request",
    "network",
    "other",
]

# In this order, since a text says more than a code, and one may fit several.
_CLASSES: Mapping[ErrorClass, str] = {
    "content filter": r"content.?(filter|policy|management)|safety|moderat|blocked",
    "context too long": r"context.?(length|window)|too (long|many tokens)|maximum context|\b413\b",
    "rate limit": r"\b429\b|rate.?limit|too.?many.?requests|quota|throttl|resource.?exhausted",
    "timeout": r"time.?d?.?out|\b(408|504|524)\b|deadline",
    "overloaded": r"overload|\b(503|529)\b|unavailable|capacity",
    "authentication": r"\b(401|403)\b|auth|api.?key|forbidden|permission",
    "bad request": r"\b(400|404|409|422)\b|invalid|bad.?request|not.?found|unsupported",
    "server error": r"\b5\d\d\b|internal|server.?error|bad.?gateway",
    "network": r"connect|network|reset|socket|dns|ssl|eof",
}

_TEXT = "lower(coalesce(status, '') || ' ' || coalesce(error, ''))"


def class_sql() -> str:
    """SQL: the class of a failed row."""
    cases = (
        f"WHEN regexp_matches({_TEXT}, {literal(pattern)}) THEN {literal(name)}"
        for name, pattern in _CLASSES.items()
    )
    return f"CASE {' '.join(cases)} ELSE 'other' END"


class ErrorsOfClass(BaseModel):
    kind: ErrorClass
    requests: int
    share: Ratio  # of the failed requests
    cost_usd: Usd | None  # what they cost, or would at list prices; None where not known


class ErrorRate(BaseModel):
    """`low` to `high` is Wilson's 95 % interval; None with fewer than 20 known outcomes."""

    key: str
    errors: int
    outcomes: int
    rate: Ratio
    low: Ratio | None
    high: Ratio | None


class Failures(BaseModel):
    """
    `cost_usd` is a range: a provider may charge for a failed request or not. From a log with costs
    both ends are what it says. `rates` are the worst ten by model, feature and hour of day.
    """

    errors: int
    outcomes: int
    overall: ErrorRate
    classes: list[ErrorsOfClass]
    models: list[ErrorRate]
    features: list[ErrorRate]
    hours_of_day: list[ErrorRate]
    cost_usd: UsdRange | None
    uncosted: int  # failed requests without a known cost


class Retries(BaseModel):
    """
    `probable` of the retries were recognised without a prompt. `amplification` is attempts per
    request, `rescued` retries succeeded. `added_seconds` is what was waited from the first
    attempts' starts to the last ones', all together. `failed_again_usd` is what retries cost that
    failed too. `sent_twice` repeat a success within ten seconds and are no retries.
    """

    attempts: int
    retries: int
    probable: int
    rescued: int
    amplification: Figure
    added_seconds: Figure
    failed_again_usd: Usd | None
    sent_twice: int
    sent_twice_usd: Usd | None


class Pile(BaseModel):
    """Failed requests whose latency lies within half a second of a limit, a time-out it seems."""

    seconds: Figure
    requests: int
    share: Ratio  # of the failed requests with a latency


def failures_of(table: Table, basis: Basis | None) -> Failures | None:
    """Needs is_error; None when no outcome is known. Without `basis` no cost is told."""
    source = priced(table, basis or "prices")
    known = "WHERE is_error IS NOT NULL"
    rows = table.rows(
        [
            "model",
            "feature",
            "strftime(timestamp, '%H:00') AS hour",
            "grouping(model, feature, hour) AS level",
            "CAST(sum(requests) AS BIGINT) AS outcomes",
            "CAST(coalesce(sum(requests) FILTER (is_error), 0) AS BIGINT) AS errors",
        ],
        f"{known} GROUP BY GROUPING SETS ((), (model), (feature), (hour))",
        source=source,
    )
    total = next((row for row in rows if row["level"] == 7), None)
    if total is None or not total["outcomes"]:
        return None
    classes = table.rows(
        [
            f"{class_sql()} AS kind",
            "CAST(sum(requests) AS BIGINT) AS requests",
            "sum(paid_usd) AS cost_usd",
            "CAST(coalesce(sum(requests) FILTER (paid_usd IS NULL), 0) AS BIGINT) AS uncosted",
        ],
        "WHERE is_error GROUP BY 1 ORDER BY requests DESC, kind",
        source=source,
    )
    paid = sum((row["cost_usd"] or 0) for row in classes) if basis else 0
    return Failures(
        errors=total["errors"],
        outcomes=total["outcomes"],
        overall=_rate("all", total),
        classes=[_class(row, total["errors"], basis) for row in classes],
        models=_worst(rows, 3, "model"),
        features=_worst(rows, 5, "feature"),
        hours_of_day=_worst(rows, 6, "hour"),
        cost_usd=UsdRange(low=paid if basis == "log" else 0, high=paid) if basis else None,
        uncosted=sum(row["uncosted"] for row in classes),
    )


def _class(row: dict[str, Any], errors: int, basis: Basis | None) -> ErrorsOfClass:
    return ErrorsOfClass(
        kind=row["kind"],
        requests=row["requests"],
        share=row["requests"] / errors if errors else 0,
        cost_usd=row["cost_usd"] if basis else None,
    )


def _worst(rows: list[dict[str, Any]], level: int, column: str) -> list[ErrorRate]:
    found = [
        _rate(row[column], row)
        for row in rows
        if row["level"] == level and row[column] is not None and row["outcomes"] >= FEWEST
    ]
    return sorted(found, key=lambda item: (-item.rate, -item.errors, item.key))[:TOP]


def _rate(key: str, row: dict[str, Any]) -> ErrorRate:
    errors, outcomes = row["errors"], row["outcomes"]
    low, high = wilson(errors, outcomes) if outcomes >= FEWEST else (None, None)
    return ErrorRate(
        key=key, errors=errors, outcomes=outcomes, rate=errors / outcomes, low=low, high=high
    )


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927, JASA 22:209-212)."""
    p, z = successes / trials, Z_95
    middle = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    whole = 1 + z * z / trials
    return max((middle - half) / whole, 0.0), min((middle + half) / whole, 1.0)


GAP = "epoch(timestamp) - epoch(tried_ended)"
IS_RETRY = f"(requests = 1 AND tried_failed AND {GAP} BETWEEN 0 AND {RETRY_SECONDS})"
_TWICE = (
    "(requests = 1 AND prompt_hash IS NOT NULL AND tried_failed IS FALSE"
    f" AND is_error IS NOT TRUE AND {GAP} BETWEEN 0 AND {DOUBLE_SECONDS})"
)
_TRACED = ("attempt", "tried", "tried_ended", "tried_failed")


def retries(table: Table, basis: Basis | None) -> Retries | None:
    """Needs timestamp and is_error, and prompt_hash or model and input_tokens to know a request."""
    source = priced(table, basis or "prices", source=traced(*_TRACED))
    seconds = "epoch(timestamp) - epoch(tried)"
    (row,) = table.rows(
        [
            "count(*) AS attempts",
            f"count(*) FILTER ({IS_RETRY}) AS retries",
            f"count(*) FILTER ({IS_RETRY} AND prompt_hash IS NULL) AS probable",
            f"count(*) FILTER ({IS_RETRY} AND is_error IS FALSE) AS rescued",
            f"coalesce(sum({seconds}) FILTER ({IS_RETRY}), 0) AS added_seconds",
            f"coalesce(sum(paid_usd) FILTER ({IS_RETRY} AND is_error), 0) AS failed_again_usd",
            f"count(*) FILTER ({_TWICE}) AS sent_twice",
            f"coalesce(sum(paid_usd) FILTER ({_TWICE}), 0) AS sent_twice_usd",
        ],
        "WHERE attempt IS NOT NULL AND timestamp IS NOT NULL AND is_error IS NOT NULL"
        " AND requests = 1",
        source=source,
    )
    if not row["attempts"]:
        return None
    if not basis:
        row |= {"failed_again_usd": None, "sent_twice_usd": None}
    first = row["attempts"] - row["retries"]
    return Retries(**row, amplification=row["attempts"] / first)


def pile(table: Table) -> Pile | None:
    """
    Where the latencies of failed requests pile up; None where they do not.

    They do when half a second around one value, of at least a second, holds a fifth of them, and no
    fewer than ten.
    """
    rows = table.rows(
        [
            "round(latency_ms / 500) / 2 AS seconds",
            "count(*) AS near",
            "sum(count(*)) OVER () AS failed",
        ],
        "WHERE is_error AND latency_ms IS NOT NULL AND requests = 1 GROUP BY 1"
        " ORDER BY if(seconds >= 1, near, 0) DESC, seconds DESC LIMIT 1",
    )
    if not rows or rows[0]["seconds"] < 1 or rows[0]["near"] < 10:
        return None
    share = rows[0]["near"] / int(rows[0]["failed"])
    if share < 0.2:
        return None
    return Pile(seconds=rows[0]["seconds"], requests=rows[0]["near"], share=share)


def failed_effect(*, retries: bool) -> Effect:
    """
    The lever of not paying for what fails.

    Cautious are the `retries` that failed again, where the log tells them and that they cost
    something; favourable is every failed request.
    """
    return Effect(
        kind="failed",
        lever="if(is_error AND paid_usd > 0, 'failed', NULL)",
        low=f"if({IS_RETRY}, 1, 0)" if retries else "0",
        high="1",
        needs=_TRACED if retries else (),
    )
