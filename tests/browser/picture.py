"""
`python -m tests.browser.picture FILE.png`: a picture of the chat page after a finished run.

With `--url LINK` (what `manage.py up` or `manage.py loginlink` prints) it asks a Netra that runs;
without, it starts one of its own with the demo data.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, expect

from tests.browser.chromium import MISSING, chromium, find_chromium
from tests.browser.pages import ChatPage
from tests.stack import Stack

QUESTION = "Where can I cut cost?"
USER = "demo"
WIDTH, HEIGHT = 1200, 800
ENDED = re.compile("Completed|Failed|Cancelled")
RUN_MS = 120_000  # a run on a real model takes its time


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("file", type=Path)
    parser.add_argument("--url", help="a one-time link to a Netra that runs")
    parser.add_argument("--ask", default=QUESTION, help="default: %(default)s")
    given = parser.parse_args(arguments)
    if given.url:
        asyncio.run(take(given.file, given.url, given.ask))
    else:
        with own_netra() as link:
            asyncio.run(take(given.file, link, given.ask))


@contextmanager
def own_netra() -> Iterator[str]:
    """A stack with the demo data, for as long as the context; yields a link that logs in."""
    with tempfile.TemporaryDirectory(prefix="netra-picture-") as home:
        stack = Stack(Path(home))
        try:
            stack.start()
            stack.token(USER)  # makes the user
            demo = "from django.utils import timezone; from agents.services import datasets; "
            stack.run(f"{demo}datasets.install_demo(timezone.now())")
            yield stack.manage("loginlink", USER, "--url", stack.url)
        finally:
            stack.stop()


async def take(file: Path, link: str, question: str) -> None:
    """Ask `question` behind the link, and save what the page shows at the end of the run."""
    path = find_chromium()
    if path is None:
        sys.exit(MISSING)
    async with chromium(path) as browser:
        chat = await arrive(browser, link)
        await chat.question.fill(question)
        await chat.question.press("Enter")
        await expect(chat.card(0).status).to_have_text(ENDED, timeout=RUN_MS)
        await chat.page.evaluate("scrollTo(0, 0)")
        await chat.page.screenshot(path=file)


async def arrive(browser: Browser, link: str) -> ChatPage:
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    chat = ChatPage(page, "{0.scheme}://{0.netloc}".format(urlsplit(link)))
    await page.goto(link)
    await chat.is_connected()
    return chat


if __name__ == "__main__":
    main(sys.argv[1:])
