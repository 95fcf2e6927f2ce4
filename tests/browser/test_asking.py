"""A question becomes an answer, and every step of it is on the page."""

import asyncio
import json
import re
from functools import partial

import pytest
from playwright.async_api import Browser, expect

from tests.browser.pages import visiting
from tests.chat import Frame
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

REPORT = """# Findings

Two **models** cause *most* of the cost; see `gpt-5`.

| Model | Cost |
|-------|-----:|
| gpt-5 | $12  |

1. Cache the prompt
   - it repeats
2. Use [a list](https://example.com/prices)
"""


async def test_the_five_events_of_a_run_are_seen_in_order(browser: Browser, stack: Stack) -> None:
    gate = stack.gate()
    script: list[Frame] = [{"say": "I wait first.", "calls": [gate.wait()]}, {"say": REPORT}]
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask(script)
        await card.has_status("Running")  # agent_started
        await expect(card.steps.nth(0)).to_have_text("I wait first.")  # agent_thinking
        call = card.steps.nth(1)
        parameters = json.dumps(gate.pause, separators=(",", ":"))
        await expect(call).to_have_text(f"wait_at {parameters} Running")  # tool_executing
        gate.open()
        await expect(call).to_contain_text("Succeeded")  # tool_completed
        await card.has_status("Completed")  # agent_completed
        await expect(card.steps).to_have_count(2)
        await expect(card.answer).not_to_contain_text("I wait first.")
        await expect(card.cancel).to_be_hidden()
        await call.locator("summary").click()
        await expect(call.get_by_text("went through")).to_be_visible()


async def test_a_result_is_shown_as_the_document_it_is(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask([{"say": REPORT}])
        await card.has_status("Completed")
        answer = card.answer
        await expect(answer.get_by_role("heading", name="Findings")).to_be_visible()
        await expect(answer.get_by_role("cell", name="$12")).to_be_visible()
        await expect(answer.locator("ol > li > ul > li")).to_have_text("it repeats")
        link = answer.get_by_role("link", name="a list")
        await expect(link).to_have_attribute("href", "https://example.com/prices")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")
        await expect(answer.locator("strong, em, code")).to_have_text(["models", "most", "gpt-5"])
        await expect(card.root).to_contain_text("tokens in")


async def test_a_shipped_agent_answers_a_question_in_words(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask("What can you do?", agent="data_analysis_agent")
        await card.has_status("Completed")
        await expect(card.steps.filter(has_text="inspect_data").first).to_contain_text("Succeeded")
        await expect(card.answer).not_to_be_empty()
        await expect(chat.asked).to_have_text("What can you do?")


async def test_text_grows_before_the_run_ends(browser: Browser, stack: Stack) -> None:
    # Characters outside of the basic plane: the server counts offsets in code points.
    pieces = [f"Piece {number} 🦉. " for number in range(12)]
    gate = stack.gate()
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask([{"say": [*pieces[:6], gate.pause, *pieces[6:]], "pause": 0.06}])
        await expect(card.answer).to_contain_text("Piece 5")
        await expect(card.status).to_have_text("Running")
        await expect(card.answer).not_to_contain_text("Piece 6")
        gate.open()
        await card.is_answered("".join(pieces).strip())


async def test_a_tool_that_fails_is_shown_as_failed_with_its_reason(
    browser: Browser, stack: Stack
) -> None:
    script: list[Frame] = [
        {"calls": [["refuse", {"message": "No such column."}]]},
        {"say": "It failed."},
    ]
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask(script)
        await card.is_answered("It failed.")
        await expect(card.steps.last).to_contain_text("Failed")
        await expect(card.steps.last).to_contain_text("No such column.")


async def test_a_tool_says_how_far_it_is_until_it_is_done(browser: Browser, stack: Stack) -> None:
    notes = [f"{number} of 20" for number in range(20)]
    script: list[Frame] = [{"calls": [["report_progress", {"notes": notes}]]}, {"say": "Done."}]
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask(script)
        status = card.steps.last.locator(".status")
        await expect(status).to_have_text(re.compile("of 20"))
        await card.is_answered("Done.")
        await expect(status).to_have_text("Succeeded")


async def test_a_run_that_fails_says_why(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask("Hello?", agent="lost")
        await card.has_status("Failed")
        await expect(card.error).to_contain_text("openai-chat:gpt-5")
        await chat.reload()
        await expect(chat.card(0).error).to_contain_text("openai-chat:gpt-5")


async def test_cancel_stops_the_run_and_its_tool(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask([{"calls": [stack.gate().wait()]}])
        await expect(card.steps.last).to_contain_text("Running")
        await card.cancel.click()
        await card.has_status("Cancelled")
        await expect(card.steps.last).to_contain_text("Cancelled")
        await expect(card.cancel).to_be_hidden()
        await expect(chat.question).to_be_focused()


async def test_a_second_question_waits_for_its_turn(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        gate = stack.gate()
        first = await chat.ask([{"calls": [gate.wait()]}, {"say": "First."}])
        second = await chat.ask([{"say": "Second."}])
        await second.has_status("Waiting for 1 run before it")
        gate.open()
        await second.is_answered("Second.")
        await first.is_answered("First.")


async def test_shift_and_enter_make_a_new_line(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        await chat.question.press("Enter")  # there is nothing to send
        await chat.question.press_sequentially("One")
        await chat.question.press("Shift+Enter")
        await chat.question.press_sequentially("Two")
        await expect(chat.question).to_have_value("One\nTwo")
        await expect(chat.articles).to_have_count(0)


async def test_a_reload_continues_the_thread(browser: Browser, stack: Stack) -> None:
    pieces = [f"Piece {number} 🦉. " for number in range(15)]
    gate = stack.gate()
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        script: list[Frame] = [{"calls": [["nap", {"seconds": 0}]]}, {"say": "Before."}]
        await (await chat.ask(script)).is_answered("Before.")
        said = [*pieces[:6], gate.pause, *pieces[6:]]
        card = await chat.ask([{"calls": [["nap", {"seconds": 0}]]}, {"say": said, "pause": 0.06}])
        await expect(card.answer).to_contain_text("Piece 5")
        await chat.page.reload()
        await expect(chat.articles).to_have_count(2)
        await expect(chat.card(1).answer).to_contain_text("Piece 5")
        await expect(chat.card(1).status).to_have_text("Running")
        await expect(chat.card(1).steps).to_have_count(2)
        gate.open()
        await chat.card(1).is_answered("".join(pieces).strip())
        await chat.card(0).is_answered("Before.")
        await expect(chat.asked.first).to_have_text(json.dumps(script))
        # The steps of a run that had ended are read when somebody wants to see them.
        await chat.card(0).root.get_by_text("Steps").click()
        await expect(chat.card(0).steps).to_have_count(2)
        await chat.card(0).is_answered("Before.")


async def test_a_run_started_elsewhere_in_the_thread_appears_with_its_question(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        await (await chat.ask([{"say": "Here."}])).is_answered("Here.")
        thread = chat.page.url.partition("#thread=")[2]
        elsewhere = json.dumps([{"say": "There."}])
        body = {"content": elsewhere, "agent": "actor"}
        answer = stack.request("POST", f"/api/threads/{thread}/messages", "ada", json=body)
        assert answer.status_code == 202
        await chat.card(1).is_answered("There.")
        await expect(chat.asked.last).to_have_text(elsewhere)


async def test_the_page_tells_of_an_upload_that_was_made_elsewhere(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        line = chat.page.get_by_role("status").filter(has_text="usage")
        rows = "timestamp,model,input_tokens\n" + "2026-11-03T10:00:00Z,gpt-5,12\n" * 3
        files = {"file": ("usage.csv", rows)}
        upload = partial(stack.request, "POST", "/api/datasets", "ada", files=files)
        (await asyncio.to_thread(upload)).raise_for_status()
        await expect(line).to_have_text("usage is ready: 3 rows")
