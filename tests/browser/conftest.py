"""A browser, and a stack to be rough with."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import MISSING, chromium, find_chromium
from tests.optional import missing
from tests.stack import Stack

TOKEN_SECONDS = 10


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests; each opens a tab with storage of its own."""
    path = find_chromium()
    if path is None:
        missing(MISSING)
    async with chromium(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def rough_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One whose parts are killed and started again, and whose access tokens live 10 s."""
    rough = Stack(
        tmp_path_factory.mktemp("rough"), extra={"NETRA_ACCESS_TOKEN_SECONDS": str(TOKEN_SECONDS)}
    )
    try:
        rough.start()
        yield rough
    finally:
        rough.stop()
