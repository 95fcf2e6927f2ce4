"""Where a trial stack keeps its data and sends its messages: services of its own, or the given."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

from netra import env

SQLITE_FILE = "netra.sqlite3"


class ServiceRefused(Exception):
    """A service cannot be used for a trial; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Services:
    """`environment` is what the processes of the stack are started with, but for their places."""

    environment: Mapping[str, str] = field(default_factory=lambda: surroundings())
    owns_redis: bool = True
    owns_database: bool = True

    @property
    def database_url(self) -> str:
        """Empty for SQLite in the stack's own directory."""
        return self.environment.get("NETRA_DATABASE_URL", "")


def surroundings() -> dict[str, str]:
    """Our environment without Netra's settings: a stack of its own begins with the defaults."""
    return {name: value for name, value in env.everything().items() if name[:6] != "NETRA_"}


@contextmanager
def own_services(server: str = "") -> Iterator[Services]:
    """
    A database and a Redis that nobody else uses.

    `server` is the URL of a database on a PostgreSQL server, where another one is made and, in the
    end, dropped. Raises ServiceRefused. Empty: SQLite.
    """
    if not server:
        yield Services()
        return
    name = f"netra_trial_{uuid.uuid4().hex[:12]}"
    _execute(server, "CREATE DATABASE {}", name)
    try:
        yield Services({**surroundings(), "NETRA_DATABASE_URL": _beside(server, name)})
    finally:
        _execute(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def configured_services() -> Services:
    """The services that this installation is configured for, with all its other settings."""
    places = {"NETRA_DATABASE_URL": settings.DATABASE_URL, "NETRA_BROKER_URL": settings.BROKER_URL}
    if not settings.REDIS_IS_GIVEN:
        del places["NETRA_BROKER_URL"]  # it is a Redis of the stack's own as well
    else:
        places["NETRA_REDIS_URL"] = settings.REDIS_URL
    return Services(
        {**env.everything(), **places}, owns_redis=not settings.REDIS_IS_GIVEN, owns_database=False
    )


def sqlite_file(home: Path) -> Path:
    return home / SQLITE_FILE


def _beside(server: str, name: str) -> str:
    """The URL of another database of the same server."""
    address, question, options = server.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{question}{options}"


def _execute(server: str, statement: str, name: str) -> None:
    try:
        with psycopg.connect(server, autocommit=True, connect_timeout=30) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise ServiceRefused(
            f"The trial needs a database of its own, but the server says: {error}".strip()
        ) from error
