"""What settings.DATABASES names; Django looks for its backend in a module of this name."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError

from accounts import patience


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Out of the pool. The wait for one is a wait for the database, like those that follow."""
        patient = patience.current()
        if patient is None:
            return super().get_new_connection(conn_params)
        if not patient.left:
            raise OperationalError("no patience is left for another connection")
        with patient.waiting():
            return super().get_new_connection(conn_params)
