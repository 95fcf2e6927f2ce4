"""Real threads that begin together, each with a database connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results of calls that begin together, in the order of the calls; raises what one did."""
    barrier = threading.Barrier(len(calls))
    results: dict[int, Any] = {}
    raised: list[BaseException] = []

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(60)
            results[number] = call()
        except BaseException as error:  # noqa: BLE001 - a thread's is told to nobody
            barrier.abort()
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=entry) for entry in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return [results[number] for number in range(len(calls))]
