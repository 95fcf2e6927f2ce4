"""Does something a little later, in case it has not been done by then by whom it was asked of."""

import functools
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import close_old_connections

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 1.5  # a worker that lives answers within milliseconds


@functools.cache
def _thread() -> ThreadPoolExecutor:
    # All wait equally long, so whoever comes first is due first.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="netra-insist")


def insist(work: Callable[[], object]) -> None:
    """Call `work` on another thread when the patience is over. Returns at once."""
    due = time.monotonic() + PATIENCE_SECONDS
    _thread().submit(_when_due, due, work).add_done_callback(_log_failure)


def _when_due(due: float, work: Callable[[], object]) -> None:
    time.sleep(max(due - time.monotonic(), 0))
    close_old_connections()
    try:
        work()
    finally:
        close_old_connections()


def _log_failure(done: Future[None]) -> None:
    if error := done.exception():
        logger.error("Insisting failed", exc_info=error)
