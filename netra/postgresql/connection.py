"""Connections to PostgreSQL that give up with the patience of who waits for them."""

from typing import Any

from psycopg import Connection, OperationalError

from accounts import patience


class PatientConnection(Connection[Any]):
    """
    A frozen server keeps its connections up, and libpq would wait on them for ever.

    A wait that uses the patience up raises OperationalError and ends the connection, for its answer
    may still come.
    """

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        patient = patience.current()
        if patient is None:
            return super().wait(gen, interval, timeout)
        try:
            with patient.waiting() as seconds:
                return super().wait(gen, interval, min(seconds, timeout or seconds))
        except OperationalError:
            if not patient.left:
                self.close()
            raise
