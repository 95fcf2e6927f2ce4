"""A browser, and people who have passwords."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import MISSING, chromium, find_chromium
from tests.browser.pages import PASSWORD
from tests.stack import Stack

PEOPLE = ("ada", "ben", "leaver")  # of these tests only; a leaver is deactivated in one
TOKEN_SECONDS = 5


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests; each opens a tab with storage of its own."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    async with chromium(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def site(stack: Stack) -> Stack:
    """The shared stack, with people who can sign in."""
    introduce(stack)
    return stack


@pytest.fixture(scope="session")
def rough_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One whose parts are killed and started again, and whose access tokens live 5 s."""
    rough = Stack(
        tmp_path_factory.mktemp("rough"), extra={"NETRA_ACCESS_TOKEN_SECONDS": str(TOKEN_SECONDS)}
    )
    try:
        rough.start()
        introduce(rough)
        yield rough
    finally:
        rough.stop()


def introduce(stack: Stack) -> None:
    """Make PEOPLE."""
    create = "User.objects.create_user(name, f'{name}@example.com', "
    code = f"from accounts.models import User\nfor name in {PEOPLE}: {create}{PASSWORD!r})"
    stack.manage("shell", "-v0", "-c", code)
