"""What the analyst answers about data sets of sums, and of files with bad rows."""

import pytest

from agents.llm.builtin.sections.costs import cost_section
from agents.tools.costs import analyze_costs
from tests.agents.desk import Desk
from tests.agents.llm.conversation import answer
from tests.agents.tools.test_sums import DAILY, HOURLY, UNCOUNTED

COSTS = "usage_date_utc,model,token_type,cost_usd\n" + "".join(
    f"2026-08-{day:02},Claude Opus,output,{day}.50\n" for day in range(3, 6)
)


@pytest.mark.parametrize(
    ("log", "question", "said"),
    [
        (HOURLY, "How many requests were there?", "There are **1,176 requests**"),
        (HOURLY, "How many tokens did we use?", "read **49,128 input tokens**"),
        (HOURLY, "How many tokens did we use?", "42 input tokens"),  # 49,128 / 1,176
        (HOURLY, "When is the peak?", "2026-08-04 23:00 UTC, had **48**"),
        (HOURLY, "How many tokens by day?", "1,176"),
        (DAILY, "What is the p95 latency?", "sum of requests, so latency"),
        (DAILY, "How many requests by hour?", "no groups by hour"),
        (UNCOUNTED, "How many requests were there?", "does not tell how many requests"),
        (UNCOUNTED, "How many tokens did we use?", "read **400 input tokens**"),
        (UNCOUNTED, "When is the peak?", "**430 tokens** go through"),
        (DAILY, "What is in this data set?", "Each row is the sum of requests of a day"),
    ],
)
async def test_an_answer_about_sums_says_what_they_tell(
    desk: Desk, log: str, question: str, said: str
) -> None:
    desk.add("log", log)
    text = await answer(desk, question)
    assert said in text
    assert "0 requests" not in text


def test_costs_without_requests_are_told_without_a_cost_per_request(desk: Desk) -> None:
    desk.add("log", COSTS)
    found = analyze_costs(desk.call(), group_by="day")
    assert found.costs is not None
    nobody_counted = {"requests": 0, "uncosted": 0}
    total = found.costs.total.model_copy(update=nobody_counted)
    assert found.costs.groups is not None
    items = [item.model_copy(update=nobody_counted) for item in found.costs.groups.items]
    groups = found.costs.groups.model_copy(update={"items": items})
    costs = found.costs.model_copy(update={"total": total, "groups": groups})
    section = cost_section(found.model_copy(update={"costs": costs}))
    assert section.lead[0] == "The usage cost **$13.50**."
    assert "per 1,000." not in " ".join(section.lead)
    assert "| 2026-08-03 | $3.50 | 26 % |  |  |" in section.blocks[0]


async def test_costs_alone_are_no_tokens(desk: Desk) -> None:
    desk.add("log", COSTS)
    assert "tokens** go through" not in await answer(desk, "When is the peak?")


async def test_an_answer_begins_with_the_rows_that_were_left_out(desk: Desk) -> None:
    header, row = "timestamp,model,input_tokens\n", "2026-11-03,m,5\n"
    desk.add("log", header + row * 80 + "soon,m,5\n" * 20)
    text = await answer(desk, "How many tokens did we use?")
    assert text.startswith("20 of the 100 rows of the file \\(20 %\\) cannot be read")
    assert "'soon'" in text.split("\n\n")[0]


async def test_a_few_bad_rows_are_told_at_the_end(desk: Desk) -> None:
    header, row = "timestamp,model,input_tokens\n", "2026-11-03,m,5\n"
    desk.add("log", header + row * 199 + "soon,m,5\n")
    text = await answer(desk, "How many tokens did we use?")
    assert "1 row of the file could not be read." in text
    assert text.startswith("199 requests")
