"""
A usage log to try Netra on: two weeks of an invented support product, made from a fixed seed.

What an analysis should find in it is planted, and named by the constants here: a model too large
for its feature, prompts that repeat, a user who asks far more than others, working hours, and some
hours in which one model was slow and failed. Costs are those of genai-prices, so every amount can
be checked against published prices.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from genai_prices import Usage, calc_price

NAME = "Demo: two weeks of requests"
SEED = 20_261_120
REQUESTS = 20_000
DAYS = 14
USERS = 40

HEADER = (
    "timestamp",
    "model",
    "feature",
    "user_id",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "latency_ms",
    "ttft_ms",
    "cost_usd",
    "status",
    "error",
    "prompt_hash",
)

OVERSIZED_FEATURE = "ticket_triage"  # answers of a few tokens …
OVERSIZED_MODEL = "claude-opus-4-5"  # … from the dearest model of the log
REPEATING_FEATURE = "search_rewrite"
REPEATING_PROMPTS = 300  # different prompts that this feature ever sends
BUSIEST_USER = "user-07"
BUSIEST_USER_SHARE = 0.15
PEAK_HOUR = 14  # UTC
WEEKEND_SHARE = 0.35  # of a working day's requests

ANOMALY_MODEL = "claude-sonnet-4-5"
ANOMALY_DAYS_AGO = 4  # whole days before the day of the last row
ANOMALY_HOURS = (13, 18)  # from, to before, UTC
ANOMALY_SLOWDOWN = 6
ANOMALY_ERROR_RATE = 0.35

ERROR_RATE = 0.012
TAIL_RATE = 0.01  # requests that take TAIL_SLOWDOWN times as long
TAIL_SLOWDOWN = 5


@dataclass(frozen=True, slots=True)
class _Model:
    """Median milliseconds to the first token, and of each further one."""

    first_ms: float
    token_ms: float


@dataclass(frozen=True, slots=True)
class _Feature:
    """How often a feature asks, whom, and how large its requests are at the median."""

    weight: float
    models: tuple[tuple[str, float], ...]  # with their shares
    input_tokens: float
    output_tokens: float
    cached_share: float  # of the input, when the prompt cache is hit
    hit_rate: float


_MODELS = {
    "gpt-5": _Model(first_ms=900, token_ms=11),
    "gpt-5-mini": _Model(first_ms=450, token_ms=6),
    ANOMALY_MODEL: _Model(first_ms=800, token_ms=14),
    OVERSIZED_MODEL: _Model(first_ms=1300, token_ms=19),
    "gemini-2.5-flash": _Model(first_ms=300, token_ms=4),
}

_FEATURES = {
    "support_chat": _Feature(0.40, (("gpt-5-mini", 0.7), ("gpt-5", 0.3)), 1400, 240, 0.6, 0.7),
    OVERSIZED_FEATURE: _Feature(0.20, ((OVERSIZED_MODEL, 1.0),), 900, 7, 0.0, 0.0),
    "doc_summary": _Feature(0.14, ((ANOMALY_MODEL, 1.0),), 6500, 420, 0.1, 0.3),
    REPEATING_FEATURE: _Feature(0.18, (("gemini-2.5-flash", 1.0),), 180, 22, 0.0, 0.0),
    "code_review": _Feature(0.08, (("gpt-5", 1.0),), 4200, 800, 0.4, 0.5),
}

_FAILURES = (
    ("429", "rate limit exceeded", 0.5),
    ("500", "internal server error", 0.25),
    ("504", "upstream timeout", 0.25),
)
TIMEOUT_MS = 60_000.0

_HOUR_WEIGHTS = [1, 1, 1, 1, 2, 3, 5, 8, 12, 15, 17, 18, 17, 19, 20, 18, 15, 11, 7, 5, 4, 3, 2, 1]


def demo_rows(now: datetime) -> Iterator[tuple[str, ...]]:
    """
    The header and then REQUESTS rows in order of time; the last one is at `now` (aware).

    The same `now` gives the same rows.
    """
    chance = random.Random(SEED)  # noqa: S311  nothing here is a secret
    yield HEADER
    for moment in _moments(now.astimezone(UTC), chance):
        yield _row(moment, now, chance)


def anomaly_hours(now: datetime) -> tuple[datetime, datetime]:
    """From when to before when ANOMALY_MODEL is slow and fails, in the log that ends at `now`."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day = midnight - timedelta(days=ANOMALY_DAYS_AGO)
    first, last = ANOMALY_HOURS
    return day + timedelta(hours=first), day + timedelta(hours=last)


def _moments(now: datetime, chance: random.Random) -> list[datetime]:
    """Times of all requests: by the hour of the day and the day of the week, the last one `now`."""
    start = now - timedelta(days=DAYS)
    hours = [start + timedelta(hours=hour) for hour in range(DAYS * 24)]
    weights = [
        _HOUR_WEIGHTS[hour.hour] * (WEEKEND_SHARE if hour.weekday() >= 5 else 1) for hour in hours
    ]
    chosen = chance.choices(hours, weights, k=REQUESTS - 1)
    moments = [hour + timedelta(milliseconds=chance.randrange(3_600_000)) for hour in chosen]
    return [*sorted(moments), now]


def _row(moment: datetime, now: datetime, chance: random.Random) -> tuple[str, ...]:
    feature = _pick({name: kind.weight for name, kind in _FEATURES.items()}, chance)
    kind = _FEATURES[feature]
    model = _pick(dict(kind.models), chance)
    begin, end = anomaly_hours(now)
    is_anomaly = model == ANOMALY_MODEL and begin <= moment < end
    who = (f"{moment.isoformat(timespec='milliseconds')}", model, feature, _user(chance))
    prompt, inputs = _prompt(feature, kind, chance)
    if chance.random() < (ANOMALY_ERROR_RATE if is_anomaly else ERROR_RATE):
        return (*who, str(inputs), *_failed(chance), prompt)
    outputs = _size(kind.output_tokens, chance)
    cached = int(inputs * kind.cached_share) if chance.random() < kind.hit_rate else 0
    slowdown = (ANOMALY_SLOWDOWN if is_anomaly else 1) * (
        TAIL_SLOWDOWN if chance.random() < TAIL_RATE else 1
    )
    first = _MODELS[model].first_ms * chance.lognormvariate(0, 0.35) * slowdown
    rest = outputs * _MODELS[model].token_ms * chance.lognormvariate(0, 0.2) * slowdown
    cost = _price(model, inputs, cached, outputs)
    sizes = (str(inputs), str(outputs), str(cached))
    return (*who, *sizes, f"{first + rest:.1f}", f"{first:.1f}", f"{cost:.10f}", "200", "", prompt)


def _failed(chance: random.Random) -> tuple[str, ...]:
    """From completion_tokens to error: a failed request is neither answered nor charged."""
    status = _pick({code: share for code, _, share in _FAILURES}, chance)
    text = next(text for code, text, _ in _FAILURES if code == status)
    latency = TIMEOUT_MS if status == "504" else chance.lognormvariate(5.5, 0.4)
    return ("", "", f"{latency:.1f}", "", "0", status, text)


def _user(chance: random.Random) -> str:
    if chance.random() < BUSIEST_USER_SHARE:
        return BUSIEST_USER
    return f"user-{chance.randint(1, USERS):02}"


def _prompt(feature: str, kind: _Feature, chance: random.Random) -> tuple[str, int]:
    """
    Digest and tokens: of one of a few prompts where they repeat, the first of them often, else new.
    """
    if feature == REPEATING_FEATURE:
        number = min(int(chance.paretovariate(0.6)), REPEATING_PROMPTS)
    else:
        number = chance.getrandbits(64)
    digest = hashlib.sha256(f"{feature} {number}".encode()).hexdigest()[:16]
    return digest, _size(kind.input_tokens, random.Random(digest))  # noqa: S311


def _size(median: float, chance: random.Random) -> int:
    return max(1, round(median * chance.lognormvariate(0, 0.45)))


def _pick(shares: dict[str, float], chance: random.Random) -> str:
    return chance.choices(list(shares), list(shares.values()))[0]


def _price(model: str, inputs: int, cached: int, outputs: int) -> Decimal:
    plain, from_cache, written = _rates(model)
    return (inputs - cached) * plain + cached * from_cache + outputs * written


@lru_cache
def _rates(model: str) -> tuple[Decimal, Decimal, Decimal]:
    """US dollars per input token, cached input token and output token of a short request."""
    thousand = 1000
    plain = calc_price(Usage(input_tokens=thousand), model).total_price / thousand
    cached = Usage(input_tokens=thousand, cache_read_tokens=thousand)
    written = calc_price(Usage(output_tokens=thousand), model).total_price / thousand
    return plain, calc_price(cached, model).total_price / thousand, written
