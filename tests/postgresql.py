"""A PostgreSQL server of a test's own, from the machine's packages."""

import getpass
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.stack import free_port, listens, until

ATTEMPTS = 3


def binaries() -> Path | None:
    """Where `initdb` and `postgres` are; Debian keeps them off PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@dataclass
class PostgreSQL:
    """One server, with its log in `home`."""

    home: Path
    port: int = 0
    child: "subprocess.Popen[bytes] | None" = None
    _data: Path | None = field(default=None, init=False)

    def start(self) -> None:
        """Return when it listens; it is tried at another port if somebody has taken the first."""
        tools = binaries()
        assert tools is not None
        # Not in `home`: whenever another pytest begins, it closes what is above that to others.
        self._data = data = Path(tempfile.mkdtemp(prefix="netra-postgresql-"))
        if prefix := self._as_postgres():
            shutil.chown(data, "postgres")
        subprocess.run(
            [*prefix, tools / "initdb", "-D", data, "-U", "netra", "--auth=trust", "-N"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        command: list[str | Path] = [*prefix, tools / "postgres", "-D", data]
        if not any(self._listens(command) for _ in range(ATTEMPTS)):
            raise RuntimeError((self.home / "log").read_text()[-2000:])

    def _listens(self, command: list[str | Path]) -> bool:
        """False if it ended."""
        self.port = free_port()
        log = (self.home / "log").open("ab")
        child = self.child = subprocess.Popen(
            [
                *command,
                *("-p", str(self.port), "-h", "127.0.0.1"),
                *("-k", "", "-c", "fsync=off", "-c", "max_connections=300"),
            ],
            stdout=log,
            stderr=log,
            cwd="/",
        )
        log.close()
        until(lambda: child.poll() is not None or listens(self.port), f"see {self.home / 'log'}")
        return child.poll() is None

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    @property
    def url(self) -> str:
        return f"postgresql://netra@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        if self.child is not None:
            self.child.terminate()
            self.child.wait(timeout=30)
        if self._data is not None:
            shutil.rmtree(self._data)

    @staticmethod
    def _as_postgres() -> list[str]:
        """It refuses to run as root."""
        return (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            if (getpass.getuser() == "root")
            else []
        )
