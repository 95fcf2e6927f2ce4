"""The admin, as a superuser uses it; on no page does the browser complain."""

import json
import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.pages import PATIENCE_MS, REFUSED, visiting
from tests.browser.test_hostile_content import LINKS, MARKUP, said_everywhere
from tests.cast import PASSWORD, ROOT
from tests.stack import Gate, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOCKED_OUT = re.compile(r"Failed to load resource: the server responded with a status of 429")
ODD = "</pre></section>\u202egnp.exe &amp; " + MARKUP + LINKS


async def sign_in(page: Page, url: str, name: str = ROOT, password: str = PASSWORD) -> None:
    await page.goto(f"{url}/admin/")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in").click()


async def is_signed_in(page: Page) -> None:
    await expect(page.get_by_role("button", name="Log out")).to_be_visible()


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).first.click()


def asked(stack: Stack, script: list[object], user: str = "ada") -> str:
    """The address of a run's page in the admin."""
    body = {"input": json.dumps(script)}
    answer = stack.request("POST", "/api/agents/actor/runs", user, json=body)
    return f"{stack.url}/admin/agents/run/{answer.raise_for_status().json()['run_id']}/change/"


async def has_state(page: Page, state: str) -> None:
    """A page of the admin shows what was so when it was opened."""
    shown = page.locator(".field-state .readonly").first
    deadline = PATIENCE_MS // 500
    while deadline and await shown.inner_text() != state:
        await page.wait_for_timeout(500)
        await page.reload()
        deadline -= 1
    await expect(shown).to_have_text(state)


async def test_an_agent_is_made_changed_and_rolled_back(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as tab:
        page = tab.page
        await sign_in(page, stack.url)
        await page.get_by_role("link", name="Agents", exact=True).last.click()
        await page.get_by_role("link", name="Add agent").click()
        await page.get_by_label("Name:", exact=True).fill("scribe")
        await page.get_by_label("Title").fill("Scribe")
        await page.get_by_role("textbox", name="Model:").fill("no-such-model")
        await page.get_by_label("Instructions").fill("Write.\nBriefly.")
        await page.get_by_label("inspect_data:").check()
        await press(page, "Save and continue editing")
        problem = page.locator(".field-model .errorlist")
        await expect(problem).to_contain_text("There is no model 'no-such-model'")
        await page.get_by_role("textbox", name="Model:").fill("builtin")
        await press(page, "Save and continue editing")
        await expect(page.locator(".messagelist .success")).to_be_visible()

        await page.get_by_label("Instructions").fill("Write at length.")
        await page.get_by_label("Reason").fill("was too short")
        await press(page, "Save and continue editing")
        await expect(page.get_by_text("was too short")).to_be_visible()
        await page.get_by_role("link", name="Version 2").click()
        await expect(page.locator(".netra-added")).to_have_text(["+Write at length."])
        await expect(page.locator(".netra-removed")).to_have_text(["-Write.", "-Briefly."])

        await page.go_back()
        await press(page, "Roll back to it")
        await expect(page.locator(".messagelist")).to_contain_text("Back to version 1")
        await expect(page.get_by_label("Instructions")).to_have_value("Write.\nBriefly.")
        await press(page, "Save and continue editing")
        await expect(page.get_by_role("link", name="Version 3")).to_be_visible()
        await expect(page.get_by_role("link", name="Version 4")).to_have_count(0)


async def test_a_user_who_is_logged_out_leaves_the_chat(browser: Browser, stack: Stack) -> None:
    async with (
        visiting(browser, stack.url, tolerating=REFUSED) as chat,
        visiting(browser, stack.url) as tab,
    ):
        await chat.sign_in("outcast")
        await sign_in(tab.page, stack.url)
        await tab.page.goto(f"{stack.url}/admin/accounts/user/?q=outcast")
        await tab.page.get_by_role("link", name="outcast", exact=True).click()
        await press(tab.page, "Log out everywhere")
        await expect(tab.page.locator(".messagelist")).to_contain_text("logged out everywhere")
        await expect(chat.page.get_by_role("button", name="Sign in")).to_be_visible(
            timeout=PATIENCE_MS
        )


async def test_what_was_said_in_a_run_is_shown_as_text(browser: Browser, stack: Stack) -> None:
    address = asked(stack, [*said_everywhere(ODD), {"say": "x" * 30_000}])
    async with visiting(browser, stack.url) as tab:
        page = tab.page
        await sign_in(page, stack.url)
        await is_signed_in(page)
        await page.goto(address)
        await has_state(page, "Completed")
        await expect(page.locator(".netra-timeline > li")).not_to_have_count(0)
        await expect(page.locator(".netra-timeline")).to_contain_text("<script>alert(2)</script>")
        made = page.locator(
            "#content :is(img, script:not([src]), svg, iframe, [onerror], [onload], [onclick])"
        )
        await expect(made).to_have_count(0)
        links = await page.get_by_role("link").evaluate_all("all => all.map((link) => link.href)")
        assert not [link for link in links if not link.startswith(stack.url)]
        width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0  # nothing that was said widens the page
        await page.get_by_role("link", name="#2", exact=True).click()
        await expect(page.locator("body")).to_contain_text("<script>alert(2)</script>")


async def test_on_a_phone_fields_stand_close_together(browser: Browser, stack: Stack) -> None:
    address = asked(stack, [{"say": "done"}])
    async with visiting(browser, stack.url) as tab:
        await tab.page.set_viewport_size({"width": 400, "height": 800})
        await sign_in(tab.page, stack.url)
        await is_signed_in(tab.page)
        await tab.page.goto(address)
        fields = tab.page.locator(".form-multiline > div")
        heights = await fields.evaluate_all("all => all.map((field) => field.offsetHeight)")
        assert heights
        assert max(heights) < 120


async def test_a_run_is_cancelled_and_asked_again(browser: Browser, stack: Stack) -> None:
    gate: Gate = stack.gate()
    address = asked(stack, [{"calls": [gate.wait()]}, {"say": "done"}])
    async with visiting(browser, stack.url) as tab:
        page = tab.page
        await sign_in(page, stack.url)
        await is_signed_in(page)
        await page.goto(address)
        await press(page, "Cancel the run")
        await has_state(page, "Cancelled")
        await expect(page.locator(".field-cancellation").first).to_contain_text("by root")
        gate.open()
        await press(page, "Ask again")
        await expect(page.locator(".messagelist")).to_contain_text("Asked again")
        assert page.url != address
        await has_state(page, "Completed")


async def test_a_group_is_made_in_a_popup(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as tab:
        page = tab.page
        await sign_in(page, stack.url)
        await is_signed_in(page)
        await page.goto(f"{stack.url}/admin/accounts/user/?q=ben")
        await page.get_by_role("link", name="ben", exact=True).click()
        async with page.expect_popup() as opened:
            await page.locator("#add_id_groups").click()
        popup = await opened.value
        await popup.get_by_label("Name").fill("analysts")
        await popup.get_by_role("button", name="Save").click()
        await expect(page.locator("#id_groups_to option")).to_have_text(["analysts"])


async def test_no_page_of_the_admin_breaks_its_policy(browser: Browser, stack: Stack) -> None:
    asked(stack, [{"say": "done"}])
    async with visiting(browser, stack.url) as tab:
        page = tab.page
        await sign_in(page, stack.url)
        await is_signed_in(page)
        lists = await addresses(page, "#content-main th[scope=row] a")
        assert len(lists) >= 12
        for address in lists:
            await page.goto(address)
            await expect(page.locator("#changelist")).to_be_visible()
            rows = await addresses(page, "#result_list th a")
            await page.goto(rows[0] if rows else f"{stack.url}/admin/")
            for beside in await addresses(page, "a.historylink, a.deletelink"):
                await page.goto(beside)
        for address in ("accounts/user/add", "agents/agent/add", "password_change"):
            await page.goto(f"{stack.url}/admin/{address}/")
            await expect(page.locator("#content")).to_be_visible()


async def addresses(page: Page, selector: str) -> list[str]:
    found: list[str] = await page.locator(selector).evaluate_all("all => all.map((a) => a.href)")
    return found


async def test_who_fails_too_often_is_told_to_wait(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url, tolerating=LOCKED_OUT) as tab:
        for _ in range(10):
            await sign_in(tab.page, stack.url, "intruder", "guess")
            await tab.page.wait_for_load_state()
        await expect(tab.page.get_by_role("heading")).to_have_text("Too many failed log-ins")
