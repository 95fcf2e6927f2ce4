"""Hashing passwords is slow on purpose; this keeps it from slowing everything else."""

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from accounts.exceptions import Unavailable

PATIENCE_SECONDS = 15


@contextmanager
def turn_to_hash() -> Iterator[None]:
    """
    Wait until a processor is free for a hash; the others are for everybody's requests.

    So are the database's connections: outside a transaction, who waits gives his back. Raises
    Unavailable when too many wait for the same.
    """
    if not connection.in_atomic_block:
        connection.close()  # 16 log-ins at once held all of a pool, and every request waited
    if not _turns().acquire(timeout=PATIENCE_SECONDS):
        raise Unavailable("Too many people log in at the moment. Try again.")
    try:
        yield
    finally:
        _turns().release()


@functools.cache
def _turns() -> threading.BoundedSemaphore:
    # A hash takes a third of a second of a processor: 50 at once on two held everyone for 3.8 s.
    return threading.BoundedSemaphore(max((os.cpu_count() or 1) // 2, 1))
