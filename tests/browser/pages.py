"""The chat page as a test uses it: by its labels and roles, as a person would."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, ConsoleMessage, Dialog, Error, Locator, Page, expect

from tests.cast import PASSWORD
from tests.chat import Frame

PATIENCE_MS = 20_000

# Chromium reports these itself, and no page can keep it from that.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 401")
REFUSED_OR_INVALID = re.compile(r"Failed to load resource: .* with a status of 40[01]")
UNKNOWN = re.compile(r"Failed to load resource: the server responded with a status of 404")
OFFLINE = re.compile(r"net::ERR_INTERNET_DISCONNECTED|WebSocket connection to .* failed")
UNREACHABLE = re.compile(r"net::ERR_CONNECTION_REFUSED|WebSocket connection to .* failed")

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


class ChatPage:
    """One tab. What the browser complains of is kept in `problems`."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.problems: list[str] = []
        self.sockets = 0
        page.on("console", self._said)
        page.on("pageerror", self._failed)
        page.on("dialog", self._asked)
        page.on("websocket", self._opened)
        self.connection = page.locator("#connection")
        self.articles = page.get_by_role("article")
        self.question = page.get_by_label("Your question")
        self.asked = page.locator(".question")

    async def open(self, fragment: str = "") -> None:
        await self.page.goto(f"{self.url}/{fragment}")

    async def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Open the page, fill in the form and send it."""
        await self.open()
        await self.fill_in(name, password)
        await self.is_connected()

    async def fill_in(self, name: str, password: str) -> None:
        await self.page.get_by_label("Name or e-mail address").fill(name)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    async def is_connected(self) -> None:
        await expect(self.connection).to_have_text("Connected", timeout=PATIENCE_MS)

    async def ask(self, question: str | list[Frame], agent: str = "actor") -> "Card":
        """Ask, scripted or in words; returns the card of the run."""
        count = await self.articles.count()
        await self.page.get_by_label("Agent", exact=True).select_option(agent)
        await self.question.fill(question if isinstance(question, str) else json.dumps(question))
        await self.question.press("Enter")
        card = self.card(count)
        await expect(card.root).to_be_visible()
        return card

    def card(self, at: int) -> "Card":
        return Card(self.articles.nth(at))

    async def reload(self) -> None:
        await self.page.reload()
        await self.is_connected()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def _failed(self, error: Error) -> None:
        self.problems.append(f"Uncaught: {error}")

    def _opened(self, _socket: object) -> None:
        self.sockets += 1

    async def _asked(self, dialog: Dialog) -> None:
        self.problems.append(f"A script ran: {dialog.message}")
        await dialog.dismiss()


class Card:
    """A run on the page."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.status = root.locator("header .status")
        self.steps = root.locator(".steps > ol > li")
        self.answer = root.locator(".answer")
        self.cancel = root.get_by_role("button", name="Cancel")
        self.error = root.get_by_role("alert")

    async def has_status(self, words: str) -> None:
        await expect(self.status).to_have_text(words, timeout=PATIENCE_MS)

    async def is_answered(self, text: str) -> None:
        await self.has_status("Completed")
        await expect(self.answer).to_have_text(text)


@asynccontextmanager
async def visiting(
    browser: Browser, url: str, *, tolerating: re.Pattern[str] | None = None
) -> AsyncIterator[ChatPage]:
    """A tab with storage of its own. Of nothing else may the browser complain in it."""
    context = await browser.new_context(locale="en-GB")
    try:
        page = await context.new_page()
        await page.add_init_script(REPORT_VIOLATIONS)
        chat = ChatPage(page, url)
        yield chat
        problems = [text for text in chat.problems if not (tolerating and tolerating.search(text))]
        assert not problems, problems
    finally:
        await context.close()
