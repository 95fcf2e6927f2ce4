"""The database from the event loop: a sized pool of threads, shared by all sockets."""

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

from accounts import patience
from accounts.database import DATABASE_AWAY, on_thread
from accounts.exceptions import NetraError
from accounts.patience import Patience

logger = logging.getLogger(__name__)

THREADS = 4
RETRY_SECONDS = 1
PATIENCE_SECONDS = 10  # of one call; nobody waits for a socket as for a page
TRIAL_SECONDS = 2  # of one that finds out whether the database is back

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@functools.cache
def _pool() -> ThreadPoolExecutor:
    # Channels' own way is one shared thread: 20 slow queries there held everyone for 2.4 s.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="netra-database")


class Breaker:
    """
    Refuses calls at once while the database is away, but for one a second that finds out.

    Otherwise they would wait for the few threads, which all wait for the database. One failure is
    none: a locked SQLite can still be read.
    """

    FAILURES = THREADS  # in a row

    def __init__(self) -> None:
        self._failures = 0
        self._tried_at = 0.0

    def call(self, work: Callable[[], Result]) -> Result:
        """Any thread. Raises OperationalError without a try while the database is away."""
        is_away = self._failures >= self.FAILURES
        if is_away and time.monotonic() - self._tried_at < RETRY_SECONDS:
            raise OperationalError("The database does not answer.")
        self._tried_at = time.monotonic()
        try:
            with patience.bounded(Patience(TRIAL_SECONDS if is_away else PATIENCE_SECONDS)):
                result = on_thread(_finding_out(work) if is_away else work)
        except NetraError:
            if is_away:
                self._failures = 0
            raise
        except DATABASE_AWAY:
            self._failures += 1
            raise
        self._failures = 0
        return result


def _finding_out(work: Callable[[], Result]) -> Callable[[], Result]:
    """As `work`; but it asks the database also if it is refused, perhaps without a look there."""

    def trial() -> Result:
        try:
            return work()
        except NetraError:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            raise

    return trial


@functools.cache
def _breaker() -> Breaker:
    return Breaker()


async def in_database(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Await `function`, run on a thread that may block."""
    work = functools.partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool(), _breaker().call, work)


async def patiently(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """As `in_database`, for a read that can wait: tried again while the database is away."""
    while True:
        try:
            return await in_database(function, *args, **kwargs)
        except DATABASE_AWAY as error:
            logger.warning("Read put off", extra={"reason": str(error)})
            await asyncio.sleep(RETRY_SECONDS)
