"""Takes the database away for a while, as a backup, a migration or a failover does."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import psycopg

from netra.trial.services import sqlite_file
from netra.trial.stack import Stack

LOCK = "LOCK TABLE agents_run IN ACCESS EXCLUSIVE MODE"
DISCONNECT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@asynccontextmanager
async def locked(stack: Stack) -> AsyncIterator[None]:
    """
    Inside of this nobody else writes to the database.

    On PostgreSQL nobody reads the runs either, and in the end all its connections are cut.
    """
    if url := stack.services.database_url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute(LOCK)
            yield
            await connection.execute(DISCONNECT)
        return
    # Another thread than the loop's, for to get the lock may take as long as others write.
    with closing(sqlite3.connect(sqlite_file(stack.home), check_same_thread=False)) as connection:
        await asyncio.to_thread(connection.execute, "BEGIN EXCLUSIVE")
        yield
