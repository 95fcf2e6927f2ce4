"""A call that waits for approval is decided on in the page, with the mouse and without one."""

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.pages import PATIENCE_MS, Card, visiting
from tests.chat import Frame
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


def pays(entry: str) -> list[Frame]:
    return [{"calls": [["pay_out", {"entry": entry}]]}, {"say": "Settled."}]


def question(card: Card) -> Locator:
    return card.root.get_by_role("group", name="Approval of pay_out")


async def waits(card: Card) -> Locator:
    await card.has_status("Waiting for approval")
    await expect(question(card)).to_be_visible()
    return question(card)


def paid(stack: Stack, entry: str) -> int:
    ledger = stack.home / "ledger"
    return ledger.read_text().splitlines().count(entry) if ledger.exists() else 0


async def test_a_call_is_approved_with_the_mouse(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask(pays("page-rent"))
        asked = await waits(card)
        await expect(asked).to_contain_text('"entry": "page-rent"')
        await asked.get_by_role("button", name="Approve pay_out").click()
        await card.is_answered("Settled.")
        await expect(question(card)).to_have_count(0)
        await expect(card.root).to_contain_text("ada approved pay_out.")
        await expect(card.root.locator(".tool")).to_contain_text("Succeeded")
        await expect(chat.question).to_be_focused()  # the button is gone
    assert paid(stack, "page-rent") == 1


async def test_a_call_is_denied_with_the_keyboard(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask(pays("page-yacht"))
        asked = await waits(card)
        await asked.get_by_role("button", name="Approve pay_out").focus()
        await chat.page.keyboard.press("Tab")
        await expect(asked.get_by_role("button", name="Deny pay_out")).to_be_focused()
        await chat.page.keyboard.press("Enter")
        await card.is_answered("Settled.")
        await expect(card.root).to_contain_text("ada denied pay_out.")
        await expect(card.root.locator(".tool")).to_contain_text("Denied")
    assert paid(stack, "page-yacht") == 0


async def test_the_question_is_there_after_a_reload(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        await waits(await chat.ask(pays("page-later")))
        await chat.reload()
        asked = await waits(chat.card(0))
        await asked.get_by_role("button", name="Approve pay_out").click()
        await chat.card(0).is_answered("Settled.")
    assert paid(stack, "page-later") == 1


async def test_several_calls_have_buttons_of_their_own(browser: Browser, stack: Stack) -> None:
    gate = stack.gate()
    entries = ["page-a", "page-b"]
    calls = [*(["pay_out", {"entry": entry}] for entry in entries), gate.wait()]
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask([{"calls": calls}, {"say": "Settled."}])
        await expect(question(card)).to_have_count(2)
        await card.has_status("Running")  # the third call needs nobody
        gate.open()
        await card.has_status("Waiting for approval")
        await question(card).nth(1).get_by_role("button", name="Deny").click()
        await expect(question(card)).to_have_count(1, timeout=PATIENCE_MS)
        await card.has_status("Waiting for approval")
        await question(card).get_by_role("button", name="Approve").click()
        await card.is_answered("Settled.")
    assert [paid(stack, entry) for entry in entries] == [1, 0]


async def test_what_is_decided_elsewhere_is_seen_here(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask(pays("page-elsewhere"))
        await waits(card)
        thread = chat.page.url.partition("#thread=")[2]
        [run] = stack.get(f"/api/runs?thread_id={thread}", "ada")["results"]
        [call] = run["approvals"]
        path = f"/api/runs/{run['run_id']}/approvals/{call['call_id']}"
        denial = {"decision": "deny", "reason": "we have one"}
        assert stack.request("POST", path, "ada", json=denial).status_code == 200
        await card.is_answered("Settled.")
        await expect(question(card)).to_have_count(0)
        await expect(card.root).to_contain_text("ada denied pay_out: we have one")


async def test_a_run_that_waits_is_cancelled_with_its_question(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask(pays("page-never"))
        await waits(card)
        await card.cancel.click()
        await card.has_status("Cancelled")
        await expect(question(card)).to_have_count(0)
    assert paid(stack, "page-never") == 0
