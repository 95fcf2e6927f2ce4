"""Correlations against plain Python over the same rows, and what a mix of models must not do."""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from statistics import correlation as pearson
from statistics import fmean, median
from typing import Any

import pytest

from agents.analytics.correlation import Correlations, NameEffect, NumberEffect, correlations
from agents.analytics.effect_sizes import correlation, pooled, separation, share_explained, strength
from tests.agents.analytics.logs import utc
from tests.agents.analytics.made import Made, made

START = utc(2026, 9, 7)
Row = dict[str, Any]


def plain_ranks(values: Sequence[float]) -> list[float]:
    return [
        sum(other < value for other in values) + (values.count(value) + 1) / 2 for value in values
    ]


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    return pearson(plain_ranks(list(a)), plain_ranks(list(b)))


def log_of(count: int = 400, seed: int = 1) -> list[Row]:
    """Latency follows output tokens; the slow model gets long prompts, which do nothing to it."""
    chance = random.Random(seed)
    rows = []
    for n in range(count):
        slow = chance.random() < 0.5
        outputs = chance.randrange(10, 200)
        rows.append(
            {
                "timestamp": START + timedelta(seconds=40 * n + chance.random()),
                "model": "slow" if slow else "quick",
                "feature": chance.choice(["chat", "search", "sum"]),
                "input_tokens": chance.randrange(4000, 5000)
                if slow
                else chance.randrange(100, 1000),
                "output_tokens": outputs,
                "latency_ms": (4000 if slow else 300) + 5 * outputs + chance.randrange(400),
                "cost_usd": f"{0.00001 * outputs:.6f}",
                "status": "500" if chance.random() < outputs / 1000 else "200",
            }
        )
    return rows


def number(found: Correlations, factor: str) -> NumberEffect:
    return next(effect for effect in found.numbers if effect.factor == factor)


def name(found: Correlations, factor: str) -> NameEffect:
    return next(effect for effect in found.names if effect.factor == factor)


def latency_of(log: Made) -> Correlations:
    return correlations(
        log.table,
        "latency_ms",
        ["input_tokens", "output_tokens", "concurrency"],
        ["model", "feature"],
    )


def test_a_mix_of_models_is_not_taken_for_an_effect() -> None:
    rows = log_of()
    with made(rows) as log:
        found = latency_of(log)
    prompts, answers = number(found, "input_tokens"), number(found, "output_tokens")
    assert prompts.overall == pytest.approx(
        spearman([r["input_tokens"] for r in rows], [r["latency_ms"] for r in rows])
    )
    assert prompts.overall is not None
    assert prompts.overall > 0.6
    assert prompts.mix_of_models
    assert prompts.strength == "none"
    assert answers.strength in ("strong", "very strong")
    assert answers.low < answers.within_models < answers.high
    assert found.numbers[0] == answers


def test_within_models_is_the_weighted_mean_of_each_model() -> None:
    rows = log_of()
    with made(rows) as log:
        found = number(latency_of(log), "output_tokens")
    weights, scaled = [], []
    for model in ("slow", "quick"):
        of = [row for row in rows if row["model"] == model]
        r = spearman([row["output_tokens"] for row in of], [row["latency_ms"] for row in of])
        weights.append((len(of) - 3) / (1 + r * r / 2))
        scaled.append(math.atanh(r))
    mean = sum(w * z for w, z in zip(weights, scaled, strict=True)) / sum(weights)
    assert found.within_models == pytest.approx(math.tanh(mean))
    assert found.high == pytest.approx(math.tanh(mean + 1.959964 / math.sqrt(sum(weights))))
    assert (found.requests, found.models) == (400, 2)


def explained(groups: Sequence[Sequence[float]]) -> float:
    """From the statistic of Kruskal and Wallis as it is printed, with its correction for ties."""
    values = [value for group in groups for value in group]
    ranks = dict(zip(values, plain_ranks(values), strict=True))
    n = len(values)
    statistic = (
        12
        / (n * (n + 1))
        * sum(len(group) * (fmean(ranks[v] for v in group) - (n + 1) / 2) ** 2 for group in groups)
    )
    ties = sum(t**3 - t for t in (values.count(value) for value in set(values)))
    statistic /= 1 - ties / (n**3 - n)
    return max(0, (statistic - len(groups) + 1) / (n - len(groups)))


def grouped(rows: Sequence[Row], key: str, value: Callable[[Row], float]) -> dict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(value(row))
    return found


def test_names_explain_what_lies_between_their_groups() -> None:
    rows = log_of()
    with made(rows) as log:
        found = latency_of(log)
    models = grouped(rows, "model", lambda row: float(row["latency_ms"]))
    of_models = name(found, "model")
    assert of_models.explained_overall == pytest.approx(explained(list(models.values())))
    assert (of_models.highest.key, of_models.lowest.key) == ("slow", "quick")
    assert of_models.highest.value == pytest.approx(median(models["slow"]))
    assert of_models.strength == "very strong"
    features = name(found, "feature")
    assert features.strength == "none"
    within = [
        (len(of), explained(list(grouped(of, "feature", lambda row: row["latency_ms"]).values())))
        for of in ([row for row in rows if row["model"] == model] for model in ("slow", "quick"))
    ]
    assert features.explained == pytest.approx(
        sum(n * share for n, share in within) / 400, abs=1e-9
    )


def test_failures_are_compared_by_how_often_the_number_is_larger() -> None:
    rows = [{**row, "model": "m"} for row in log_of()]
    with made(rows) as log:
        found = correlations(log.table, "is_error", ["output_tokens"], ["feature"])
    failed = [row["output_tokens"] for row in rows if row["status"] == "500"]
    fine = [row["output_tokens"] for row in rows if row["status"] == "200"]
    wins = sum((a > b) - (a < b) for a in failed for b in fine)
    effect = number(found, "output_tokens")
    assert effect.within_models == pytest.approx(wins / len(failed) / len(fine))
    assert effect.low < effect.within_models < effect.high
    shares = grouped(rows, "feature", lambda row: float(row["status"] == "500"))
    side = name(found, "feature").highest
    assert side.value == pytest.approx(max(fmean(of) for of in shares.values()))
    # Cramér's V²: Pearson's chi² over n, less what chance gives.
    total, rate = 400, len(failed) / 400
    chi2 = sum(
        (sum(of) - len(of) * rate) ** 2 / (len(of) * rate * (1 - rate)) for of in shares.values()
    )
    expected = max(0, (chi2 * (total - 1) / total - 2) / (total - 3))
    assert name(found, "feature").explained == pytest.approx(expected)


def test_concurrency_counts_those_under_way_when_a_request_begins() -> None:
    chance = random.Random(2)
    rows: list[Row] = [
        {
            "timestamp": START + timedelta(milliseconds=chance.randrange(300_000)),
            "model": "m",
            "latency_ms": chance.randrange(100, 20_000),
        }
        for _ in range(150)
    ]
    rows.sort(key=lambda row: row["timestamp"])
    with made(rows) as log:
        found = number(correlations(log.table, "latency_ms", ["concurrency"], []), "concurrency")
    counted = [
        sum(
            other["timestamp"]
            <= row["timestamp"]
            < other["timestamp"] + timedelta(milliseconds=other["latency_ms"])
            for other in rows
        )
        for row in rows
    ]
    if len({row["timestamp"] for row in rows}) == len(rows):
        latencies = [row["latency_ms"] for row in rows]
        assert found.overall == pytest.approx(spearman(counted, latencies))


def test_what_does_not_vary_is_said_and_not_computed() -> None:
    rows = [{**row, "input_tokens": 7, "feature": "chat"} for row in log_of(60)]
    with made(rows) as log:
        found = latency_of(log)
        few = correlations(log.table, "cost_usd", ["output_tokens"], [])
    assert set(found.too_little) == {"input_tokens", "feature", "concurrency"}
    assert few.numbers[0].within_models > 0.99
    with made(log_of(10)) as log:
        assert set(latency_of(log).too_little) == {
            "input_tokens",
            "output_tokens",
            "concurrency",
            "model",
            "feature",
        }


def test_the_published_example_of_an_interval() -> None:
    # Bonett and Wright's formula for r = .86997 and 30 values, by hand.
    found = correlation(30, 0.86997)
    assert found is not None
    reach = 1.959964 * math.sqrt((1 + 0.86997**2 / 2) / 27)
    assert found.low == pytest.approx(math.tanh(math.atanh(0.86997) - reach), rel=1e-5)
    assert found.least == found.low
    assert correlation(24, 0.9) is None
    assert correlation(100, math.nan) is None


def test_words_follow_the_size() -> None:
    words = [strength(size) for size in (0.05, -0.15, 0.35, -0.6, 0.9)]
    assert words == ["none", "weak", "moderate", "strong", "very strong"]


def test_separation_is_complete_or_none() -> None:
    complete = separation(10, 90, 95.5)
    assert complete is not None
    assert complete.size == 1
    assert 0.8 < complete.low < 1
    nothing = separation(10, 90, 50.5)
    assert nothing is not None
    assert nothing.size == 0
    assert nothing.least == 0
    assert separation(2, 90, 50.0) is None


def test_nothing_is_pooled_of_nothing() -> None:
    assert pooled([]) is None
    assert share_explained([(5, 1.0)], 1) == 0
    assert share_explained([(5, 1.0), (5, 2.0)], 0) == 0
