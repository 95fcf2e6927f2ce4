"""The database from the event loop: a sized pool of threads, shared by all sockets."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from accounts.database import on_thread

THREADS = 4

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
