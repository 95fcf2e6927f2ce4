"""Whatever an agent, a tool or a user says is text, and no page breaks its own policy."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.pages import visiting
from tests.chat import Frame
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARKUP = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>"
    "<svg onload=alert(3)><a href='javascript:alert(4)'>here</a>"
)
LINKS = (
    "[one](javascript:alert(1)) [two](JaVaScRiPt:alert(2)) [three](data:text/html,<script>) "
    "[four]( javascript:alert(4)) [five](//example.com) ![six](https://example.com/six.png) "
    "[seven](https://example.com/%22onclick=alert(7))"
)
TABLE = f"| a \\| b | {MARKUP} |\n|---|---|\n| `c \\| d` | {MARKUP} | one too many |\n| |"


BLOCKS = f"# {MARKUP}\n\n- {MARKUP}\n\n```html\n{MARKUP}\n```\n\n**{MARKUP}**"
UNBALANCED = "**" * 2000 + "[" * 2000 + "`" * 1999 + "- " * 2000


async def test_nothing_that_is_said_becomes_a_script(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        for text in (MARKUP, LINKS, TABLE, BLOCKS, UNBALANCED):
            card = await chat.ask(said_everywhere(text))
            await card.has_status("Completed")
            await card.steps.last.locator("summary").click()
        await chat.reload()
        await expect(chat.articles).to_have_count(5)
        await chat.card(0).root.get_by_text("Steps").click()
        await expect(chat.card(0).steps).to_have_count(5)
        made = chat.page.locator(
            "main :is(img, script, svg, iframe, [onerror], [onload], [onclick])"
        )
        await expect(made).to_have_count(0)
        links = chat.page.get_by_role("link")
        addresses = await links.evaluate_all("all => all.map((link) => link.href)")
        assert addresses == ["https://example.com/%22onclick=alert(7"]


def said_everywhere(text: str) -> list[Frame]:
    """A run with `text` as thought, parameter, reason of a failure, result of a tool and answer."""
    calls = [["refuse", {"message": text}], ["write_ledger", {"entry": text}]]
    return [{"say": text, "calls": calls}, {"calls": [["read_ledger", {}]]}, {"say": text}]


async def test_what_is_not_markdown_is_shown_as_it_was_said(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        await (await chat.ask([{"say": MARKUP}])).is_answered(MARKUP)


async def test_the_pages_of_the_api_keep_the_policy_too(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.page.goto(f"{stack.url}/api/docs/")
        await chat.page.locator("#operations-agents-agents_list .opblock-summary-path").click()
        await expect(chat.page.get_by_role("button", name="Try it out")).to_be_visible()
        await chat.page.get_by_role("button", name="Try it out").click()
        await chat.page.get_by_role("button", name="Execute", exact=True).click()
        await expect(chat.page.get_by_text('"data_analysis_agent"')).to_be_visible()
