"""Usage logs to measure with: equal each time, and like those of an application that is used."""

import csv
import json
import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 30
# Tokens in the system prompt of each part of the application, and its share of the requests.
FEATURES = {"chat": (900, 50), "search": (2_400, 25), "summary": (300, 15), "mail": (600, 10)}
# Dollars for a million tokens in and out, milliseconds for a token out, and share.
MODELS = {
    "gpt-5": (1.25, 10.0, 14.0, 30),
    "gpt-5-mini": (0.25, 2.0, 7.0, 45),
    "claude-sonnet-4-5": (3.0, 15.0, 18.0, 25),
}
FAILED = 0.02
PROMPTS = 200_000  # different ones; some are asked again and again
USERS = 500

Row = dict[str, Any]


def requests(rows: int) -> Iterator[Row]:
    """So many requests of 30 days, with nights, weekends, slow answers and failures."""
    chance = random.Random(1)  # noqa: S311 - the same log each time
    features, models = list(FEATURES), list(MODELS)
    of_feature = [share for _, share in FEATURES.values()]
    of_model = [share for *_, share in MODELS.values()]
    for number in range(rows):
        feature = chance.choices(features, of_feature)[0]
        model = chance.choices(models, of_model)[0]
        yield _request(chance, _moment(number / rows), feature, model)


def _moment(share: float) -> datetime:
    """Requests come evenly through the month, but crowd around noon."""
    days = share * DAYS
    part = days - math.floor(days)
    crowded = part + math.sin(2 * math.pi * part) / (2 * math.pi) * 0.8
    return BEGUN + timedelta(days=math.floor(days) + crowded)


def _request(chance: random.Random, at: datetime, feature: str, model: str) -> Row:
    dollars_in, dollars_out, pace, _ = MODELS[model]
    system = FEATURES[feature][0]
    has_failed = chance.random() < FAILED
    read = system + int(chance.lognormvariate(5.5, 1.0))
    written = 0 if has_failed else int(chance.lognormvariate(5.0, 0.8)) + 1
    cached = system if chance.random() < 0.4 else 0
    ttft = chance.lognormvariate(6.0, 0.5)
    cost = (read * dollars_in + written * dollars_out) / 1e6
    return {
        "timestamp": at.isoformat(timespec="milliseconds"),
        "model": model,
        "input_tokens": read,
        "output_tokens": written,
        "cached_tokens": cached,
        "latency_ms": round(ttft + written * pace * chance.lognormvariate(0, 0.2), 1),
        "ttft_ms": round(ttft, 1),
        "cost_usd": f"{cost:.8f}",
        "status": chance.choice((429, 500)) if has_failed else 200,
        "user": f"user-{int(chance.paretovariate(1.2)) % USERS}",
        "feature": feature,
        "prompt_hash": f"{int(chance.paretovariate(0.8)) % PROMPTS:x}",
    }


def write_csv(file: Path, rows: int) -> None:
    with file.open("w", newline="") as out:
        first = next(requests(1))
        writer = csv.DictWriter(out, first)
        writer.writeheader()
        writer.writerows(requests(rows))


def write_jsonl(file: Path, rows: int) -> None:
    """As the middleware of an application logs: some values lie one level down."""
    with file.open("w") as out:
        for row in requests(rows):
            usage = {name: row.pop(name) for name in ("input_tokens", "output_tokens")}
            out.write(json.dumps({**row, "usage": usage}) + "\n")


def write_parquet(file: Path, rows: int) -> None:
    table = file.with_suffix(".csv")
    write_csv(table, rows)
    with duckdb.connect() as connection:
        connection.read_csv(str(table)).write_parquet(str(file))
    table.unlink()


GENERATORS: dict[str, Callable[[Path, int], None]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""A file of each format with so many requests, or sums, or spans. Add yours with its reader."""
