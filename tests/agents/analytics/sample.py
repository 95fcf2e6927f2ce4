"""A log with everything in it: several days, missing values, failures, long prompts, repeats."""

import csv
import io
import random
from datetime import timedelta

from tests.agents.analytics.logs import utc

MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "deepseek-chat", "house-model")
COLUMNS = (
    "timestamp",
    "model",
    "feature",
    "user_id",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "latency_ms",
    "ttft_ms",
    "cost_usd",
    "status",
    "prompt_hash",
)


def sample_log(rows: int = 1500, seed: int = 7, without: tuple[str, ...] = ()) -> str:
    """CSV text of a log from 2026-08-10 on; `without` leaves out columns."""
    chance = random.Random(seed)
    moment = utc(2026, 8, 10, 3)
    buffer = io.StringIO()
    kept = [column for column in COLUMNS if column not in without]
    writer = csv.DictWriter(buffer, kept, extrasaction="ignore")
    writer.writeheader()
    for _ in range(rows):
        moment += timedelta(seconds=chance.expovariate(1 / 900))
        writer.writerow({"timestamp": moment.isoformat(), **_request(chance)})
    return buffer.getvalue()


def _request(chance: random.Random) -> dict[str, object]:
    failed = chance.random() < 0.05
    prompt = chance.randrange(400)
    # Over 200,000 input tokens some models cost more for every token.
    inputs = (50, 700, 3000, 250_000)[prompt % 4] + prompt  # equal for equal prompts
    latency = chance.lognormvariate(7, 0.8)
    return {
        "model": chance.choice(MODELS),
        "feature": chance.choice(["chat", "search", "classify", ""]),
        "user_id": f"user-{int(chance.paretovariate(1)) % 30}",
        "input_tokens": inputs,
        "output_tokens": "" if failed else chance.randrange(1, 900),
        "cached_tokens": chance.choice(["", 0, inputs // 2]),
        "latency_ms": f"{latency:.3f}",
        "ttft_ms": "" if failed else f"{latency / 4:.3f}",
        "cost_usd": "" if chance.random() < 0.1 else f"{chance.random() / 100:.10f}",
        "status": chance.choice(["500", "429"]) if failed else chance.choice(["200", "200", "odd"]),
        "prompt_hash": f"{prompt:x}" if chance.random() < 0.8 else "",
    }
