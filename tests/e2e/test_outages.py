"""The database goes away in the middle of what a socket is sent, and comes back."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress

import psycopg
from psycopg import sql

from tests.chat import open_chat, seqs
from tests.prepared import DATABASE, server
from tests.stack import Stack

CALLS = 120
LARGE = 200_000  # characters; all together more than the sockets' buffers hold


def take_events_away(stack: Stack) -> Callable[[], None]:
    """Every read of events fails from now on; returns what ends that."""
    if server():
        name = sql.Identifier(stack.database)
        with psycopg.connect(server(), autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [stack.database],
            )
        return lambda: _on_server(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
    _in_file(stack, "ALTER TABLE agents_runevent RENAME TO elsewhere")
    return lambda: _in_file(stack, "ALTER TABLE elsewhere RENAME TO agents_runevent")


def _on_server(statement: sql.Composed) -> None:
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(statement)


def _in_file(stack: Stack, statement: str) -> None:
    connection = sqlite3.connect(stack.home / DATABASE)
    connection.execute(statement)
    connection.close()


# F35
async def test_a_resume_goes_on_where_the_database_left_it(hurt_stack: Stack) -> None:
    token = hurt_stack.token("alice")
    calls = [["large", {"size": LARGE}] for _ in range(CALLS)]
    async with open_chat(hurt_stack.socket_url, token) as first:
        run_id = await first.ask("actor", [{"calls": calls}, {"say": "Done."}])
        whole = await first.end_of(run_id, within=60)
    async with open_chat(hurt_stack.socket_url, token, max_queue=1) as second:
        await second.send(type="resume", run_id=run_id, last_seq=0)
        await asyncio.sleep(2)  # it does not read, so the server has stopped half-way
        give_back = await asyncio.to_thread(take_events_away, hurt_stack)
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                while True:
                    await second.receive(within=3)
        assert 1 < len(second.events_of(run_id)) < len(whole)
        await asyncio.to_thread(give_back)
        resumed = await second.receive_until("resumed", within=60)
        await second.quiet()
    assert [frame["type"] for frame in second.seen].count("resuming") == 1
    assert seqs(second.events_of(run_id)) == seqs(whole)
    assert resumed["data"] == {"run_id": run_id, "recovered": True, "last_seq": len(whole)}
