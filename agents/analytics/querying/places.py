"""How many queries run at once: of one user, and of all in this process."""

import asyncio
import contextlib
from asyncio import Semaphore
from collections.abc import AsyncIterator
from weakref import WeakValueDictionary

from agents.analytics.querying.checking import Refused

OF_ONE_USER = 2
OF_ALL = 3  # each may take two cores and half a gigabyte
PATIENCE_SECONDS = 20.0  # then a model had better ask one after the other


class Places:
    """Of one event loop. Whoever has waited longest is next, but for who has two already."""

    def __init__(
        self,
        *,
        of_one_user: int = OF_ONE_USER,
        of_all: int = OF_ALL,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._all = Semaphore(of_all)
        self._of_one_user = of_one_user
        self._users: WeakValueDictionary[int | None, Semaphore] = WeakValueDictionary()
        self._patience = patience

    @contextlib.asynccontextmanager
    async def place(self, user: int | None) -> AsyncIterator[None]:
        """A place for a query of `user`; raises Refused when none becomes free."""
        own = self._users.setdefault(user, Semaphore(self._of_one_user))
        async with contextlib.AsyncExitStack() as taken:
            try:
                async with asyncio.timeout(self._patience):
                    await taken.enter_async_context(own)
                    await taken.enter_async_context(self._all)
            except TimeoutError as error:
                raise Refused("Too many queries run at once. Ask one after the other.") from error
            yield
