"""The database from the event loop: a sized pool of threads, shared by all sockets."""

import asyncio
import functools
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from accounts.database import DATABASE_AWAY, on_thread

logger = logging.getLogger(__name__)

THREADS = 4
RETRY_SECONDS = 1

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@functools.cache
def _pool() -> ThreadPoolExecutor:
    # Channels' own way is one shared thread: 20 slow queries there held everyone for 2.4 s.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="netra-database")


async def in_database(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Await `function`, run on a thread that may block."""
    call = functools.partial(on_thread, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool(), call)


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
