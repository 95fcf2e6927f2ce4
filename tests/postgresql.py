"""A PostgreSQL server of a test's own, from the machine's packages."""

import getpass
import shutil
import subprocess
from dataclasses import dataclass
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
    """One server, in a directory that its user may write to."""

    home: Path
    port: int = 0
    child: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Return when it listens; it is tried at another port if somebody has taken the first."""
        tools = binaries()
        assert tools is not None
        data = self.home / "data"
        data.mkdir(mode=0o700)
        if prefix := self._as_postgres():
            shutil.chown(data, "postgres")
            for parent in [self.home, *self.home.parents][:-1]:
                if parent.owner() == getpass.getuser():
                    parent.chmod(parent.stat().st_mode | 0o011)  # it must get to its directory
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

    @staticmethod
    def _as_postgres() -> list[str]:
        """It refuses to run as root."""
        return (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            if (getpass.getuser() == "root")
            else []
        )
