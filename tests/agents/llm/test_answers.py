"""What the analyst answers, against figures computed from the same rows in plain Python."""

import csv
import io
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import mean

import pytest

from agents.llm.builtin.formatting import duration, money, percent
from tests.agents.analytics.sample import sample_log
from tests.agents.desk import Desk
from tests.agents.llm.conversation import Conversation, answer

Row = dict[str, str]
LOG = sample_log()
ROWS: list[Row] = list(csv.DictReader(io.StringIO(LOG)))
FAILED = ("429", "500")


@pytest.fixture
def asked(desk: Desk) -> Desk:
    desk.add("log", LOG)
    return desk


def quantile(values: list[float], rank: float) -> float:
    """Interpolated linearly between the two nearest values."""
    ordered = sorted(values)
    position = rank * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def latencies(rows: list[Row]) -> list[float]:
    return [float(row["latency_ms"]) for row in rows]


def cost(rows: list[Row]) -> Decimal:
    return sum((Decimal(row["cost_usd"]) for row in rows if row["cost_usd"]), Decimal(0))


def of(column: str, value: str) -> list[Row]:
    return [row for row in ROWS if row[column] == value]


def day_of(row: Row) -> str:
    return row["timestamp"][:10]


async def test_a_question_about_one_feature_is_answered_for_it_alone(asked: Desk) -> None:
    report = await answer(asked, "What is the p95 latency of search?")
    rows = of("feature", "search")
    assert report.startswith(f"Only **feature search**: {len(rows):,} of 1,500 rows.")
    assert f"Latency: p95 **{duration(quantile(latencies(rows), 0.95))}**." in report


async def test_a_model_may_be_left_out(asked: Desk) -> None:
    report = await answer(asked, "cost excluding gpt-4o")
    rows = [row for row in ROWS if row["model"] != "gpt-4o"]
    assert f"**{money(cost(rows))}**" in report
    assert "`gpt-4o`" not in report


async def test_what_the_data_does_not_hold_is_answered_with_no_figure(asked: Desk) -> None:
    talk = Conversation(asked)
    report = await talk.ask("What did gpt-7-turbo cost?")
    assert report.startswith("The data set `log` has no requests of `gpt-7-turbo`")
    assert "`claude-sonnet-4-5`" in report
    assert "$" not in report
    assert [tool for tool, _ in talk.calls] == ["inspect_data"]


async def test_slow_requests_are_counted(asked: Desk) -> None:
    report = await answer(asked, "How many requests took longer than 2.5s?")
    slow = [value for value in latencies(ROWS) if value > 2500]
    assert f"There are **{len(slow):,} requests**." in report


async def test_requests_are_counted_by_user(asked: Desk) -> None:
    report = await answer(asked, "How many requests did user-1 make?")
    assert f"There are **{len(of('user_id', 'user-1')):,} requests**." in report


async def test_failed_and_succeeded_requests_are_told_apart(asked: Desk) -> None:
    report = await answer(asked, "How many requests did not fail?")
    failed = [row for row in ROWS if row["status"] in FAILED]
    known = [row for row in ROWS if row["status"] in (*FAILED, "200")]
    assert f"({len(failed):,} of {len(known):,}); {len(known) - len(failed):,} succeeded." in report


async def test_superlatives_hold_for_groups_that_are_not_listed(asked: Desk) -> None:
    by_hour: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in ROWS:
        by_hour[f"{row['timestamp'][:10]} {row['timestamp'][11:13]}:00"] += cost([row])
    most = max(by_hour, key=lambda hour: by_hour[hour])
    report = await answer(asked, "Which hour cost most?")
    assert f"By hour, {most} costs most ({money(by_hour[most])}" in report


async def test_the_worst_hour_of_the_day_is_one_of_24(asked: Desk) -> None:
    report = await answer(asked, "Which hour of the day is slowest?")
    by_hour: defaultdict[str, list[float]] = defaultdict(list)
    for row in ROWS:
        by_hour[f"{row['timestamp'][11:13]}:00"].append(float(row["latency_ms"]))
    p95 = {hour: quantile(found, 0.95) for hour, found in by_hour.items() if len(found) >= 20}
    worst = max(p95, key=lambda hour: p95[hour])
    assert f"By hour of day, {worst} is slowest (p95 {duration(p95[worst])})" in report


async def test_failures_are_ranked_by_rate_and_by_number(asked: Desk) -> None:
    report = await answer(asked, "Which user has the most failures?")
    failures = Counter(row["user_id"] for row in ROWS if row["status"] in FAILED)
    ((user, most),) = failures.most_common(1)
    assert f"`{user}` has most failures ({most})" in report


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("What is the average latency?", f"mean **{duration(mean(latencies(ROWS)))}**"),
        ("p90 latency", f"p90 **{duration(quantile(latencies(ROWS), 0.9))}**"),
        ("p99.9 latency", f"p99.9 **{duration(quantile(latencies(ROWS), 0.999))}**"),
        ("max latency", f"maximum **{duration(max(latencies(ROWS)))}**"),
    ],
)
async def test_the_statistic_that_was_asked_for_leads(
    asked: Desk, question: str, figure: str
) -> None:
    report = await answer(asked, question)
    assert f"Latency: {figure}." in report.split("\n\n")[0]


async def test_single_requests_have_a_cost_too(asked: Desk) -> None:
    report = await answer(asked, "What is the most expensive single request?")
    most = max(Decimal(row["cost_usd"]) for row in ROWS if row["cost_usd"])
    assert f"the most expensive one cost **{money(most)}**" in report


async def test_two_periods_are_set_side_by_side(asked: Desk) -> None:
    last = datetime.fromisoformat(ROWS[-1]["timestamp"]).astimezone(UTC)
    days = [f"{last - timedelta(days=back):%Y-%m-%d}" for back in (0, 1)]
    today, yesterday = (cost([row for row in ROWS if day_of(row) == day]) for day in days)
    report = await answer(asked, "What did we spend today vs yesterday?")
    change = float(today / yesterday) - 1
    said = f"{percent(abs(change))} {'more' if change > 0 else 'less'}"
    assert report.startswith(
        f"Cost: **{money(today)}** today, **{money(yesterday)}** yesterday ({said})."
    )
    assert "The data does not cover all of today" in report
    assert "### Today\n\nThe " in report
    assert report.count("costs most") == 4  # feature and model, of each day
    assert "### Yesterday" in report


async def test_a_period_that_is_not_understood_is_said_first(asked: Desk) -> None:
    report = await answer(asked, "What did it cost in the evening?")
    assert report.startswith("I do not understand the period “")
    assert "the figures are for all rows" in report


async def test_a_measurement_is_no_advice(asked: Desk) -> None:
    for question in ("Which model has lower latency?", "Has latency improved?"):
        report = await answer(asked, question)
        assert "saves at most" not in report
        assert "slowest" in report


async def test_advice_about_latency_is_not_about_money(asked: Desk) -> None:
    report = await answer(asked, "How can we reduce latency?")
    assert "Move `" not in report


async def test_advice_says_what_the_log_cannot_tell(desk: Desk) -> None:
    desk.add("log", sample_log(without=("latency_ms", "ttft_ms", "prompt_hash")))
    report = await answer(desk, "How can we lower latency?")
    assert report.startswith("The data set has no latency column, so how long requests take")


async def test_a_follow_up_goes_on_from_the_question_before(asked: Desk) -> None:
    talk = Conversation(asked)
    await talk.ask("Which model is slowest?")
    report = await talk.ask("And only for search?")
    assert talk.calls[1][1]["metric"] == "latency"
    assert talk.calls[1][1]["where"] == [
        {"column": "feature", "operator": "is", "values": ["search"]}
    ]
    assert report.startswith("I take this as a follow-up: how long requests take, by model.")
    by_feature = await talk.ask("And by feature?")
    assert talk.calls[1][1]["group_by"] == "feature"
    assert "slowest" in by_feature


async def test_cached_tokens_are_told_by_model(asked: Desk) -> None:
    report = await answer(asked, "cache hit rate by model")
    rows = of("model", "gpt-4o")
    read = sum(int(row["input_tokens"]) for row in rows)
    cached = sum(int(row["cached_tokens"] or 0) for row in rows)
    (line,) = [line for line in report.splitlines() if line.startswith("| `gpt-4o` |")]
    assert f"| {read:,} | {percent(cached / read)} |" in line


async def test_users_are_counted(asked: Desk) -> None:
    report = await answer(asked, "How many users are there?")
    distinct = len({row["user_id"] for row in ROWS})
    assert f"Of **{distinct} users**" in report.split("\n\n")[0]


async def test_amounts_with_unknown_parts_say_so(asked: Desk) -> None:
    report = await answer(asked, "cost by model")
    unknown = sum(not row["cost_usd"] for row in of("model", "gpt-4o"))
    assert f"and {unknown} unknown" in report
