"""
What a stack finds when it starts: migrated, with agents and users, whose tokens are at hand.

Preparing takes seconds, so each process of the tests does it once and copies what came out.
"""

import json
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

# In one process, for each costs a second to start.
PREPARE = """
import json
from datetime import timedelta
from django.core.management import call_command
from accounts.log_ins import begin
from accounts.tokens import AccessToken
from agents.services.agents import install_shipped_agents
from tests.cast import PEOPLE, ROOT, STAFF, appear
from tests.extension.agents import install
call_command("migrate", verbosity=0)
install_shipped_agents()
install()
appear(ROOT, is_staff=True, is_superuser=True)
if AccessToken.lifetime == timedelta(minutes=15):  # a run of all tests may take as long
    AccessToken.lifetime = timedelta(days=1)
users = [*map(appear, PEOPLE), *(appear(name, is_staff=True) for name in STAFF)]
print(json.dumps({user.username: begin(user, 'command').access for user in users}))
"""

DATABASE = "netra.sqlite3"
KEYS = "keys"

Tokens = dict[str, str]


@dataclass(frozen=True)
class Prepared:
    """A copy to make more of; `database` is the name of one on the server, or empty."""

    files: Path
    database: str
    tokens: Tokens


_kept: dict[str, Prepared] = {}


def server() -> str:
    """The PostgreSQL server that the tests run against; empty for SQLite."""
    return os.environ.get("NETRA_TEST_DATABASE_URL", "")


def database_url(name: str) -> str:
    return f"{server().rpartition('/')[0]}/{name}"


def value_in(home: Path, database: str, query: str, value: str) -> Any:
    """What a query for one value finds in a stack's database; `{}` in it stands for `value`."""
    if server():
        with psycopg.connect(database_url(database), autocommit=True) as server_connection:
            row = server_connection.execute(query.format("%s"), [value]).fetchone()
    else:
        with closing(sqlite3.connect(home / DATABASE, timeout=30)) as connection:
            row = connection.execute(query.format("?"), [value]).fetchone()
    assert row is not None, query
    return row[0]


def prepare(home: Path, database: str, variant: str, run: Callable[[str], str]) -> Tokens:
    """
    Fill `home` and `database`; returns an access token of each user.

    `run` executes Python code with the stack's settings. Stacks of one `variant` are made alike.
    """
    kept = _kept.get(variant)
    if kept is None:
        _create(database)
        tokens: Tokens = json.loads(run(PREPARE).splitlines()[-1])
        _kept[variant] = Prepared(_copied(home), _create_like(database), tokens)
        return tokens
    shutil.copytree(kept.files, home, dirs_exist_ok=True)
    _create(database, template=kept.database)
    return kept.tokens


def _copied(home: Path) -> Path:
    files = Path(tempfile.mkdtemp(dir=os.environ.get("NETRA_DATA_DIR")))
    shutil.copytree(home / KEYS, files / KEYS)
    if not server():
        shutil.copy2(home / DATABASE, files)
    return files


def _create_like(database: str) -> str:
    name = f"prepared_{uuid.uuid4().hex}"
    _create(name, template=database)
    return name


def _create(name: str, template: str = "template1") -> None:
    if not server():
        return
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
