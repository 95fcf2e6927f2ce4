"""The parts of a Netra on one machine, and how they are started."""

import asyncio
import os
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx
from django.conf import settings

from accounts import log_ins
from accounts.exceptions import NetraError
from accounts.links import login_link
from accounts.models import LogIn, User
from agents.models import Worker
from netra import embedded, env, instance, preparing
from netra.supervisor import Child, Supervisor

LINK_LIFETIME = timedelta(hours=1)


class PortTaken(Exception):
    """Something else listens where Netra should."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a person needs to begin."""

    url: str
    link: str
    token: str


class LocalNetra:
    def __init__(
        self, *, host: str, port: int, workers: int, say: Callable[[str, str], None]
    ) -> None:
        self._host = host
        self._port = port
        self._workers = workers
        self._say = say
        self._supervisor = Supervisor(say)
        self._redis_url = settings.REDIS_URL

    @property
    def url(self) -> str:
        """Where this machine reaches it."""
        host = "127.0.0.1" if self._host in ("0.0.0.0", "::", "") else self._host  # noqa: S104
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    @property
    def is_stopping(self) -> bool:
        return self._supervisor.is_stopping

    async def start(self) -> None:
        """Return when everything is ready. Raises PortTaken, NoRedisServer or ChildFailed."""
        if not is_free(self._host, self._port):
            raise PortTaken(
                f"Port {self._port} is in use. Choose another: "
                f"manage.py up --port {free_port(self._port + 1)}"
            )
        self._supervisor.install_signals()
        if not settings.REDIS_IS_GIVEN:
            await self._supervisor.start(self._redis())
        await asyncio.to_thread(self._prepare)
        if not self.is_stopping:
            await asyncio.gather(
                self._supervisor.start(*self._processes()), asyncio.to_thread(self._prepare_demo)
            )
            instance.announce(
                settings.DATA_DIR, instance.Instance(os.getpid(), self.url, self._redis_url)
            )

    async def welcome(self) -> Welcome:
        return await asyncio.to_thread(self._welcome)

    async def wait(self) -> None:
        await self._supervisor.wait()

    async def stop(self) -> bool:
        """False if there was nothing to stop."""
        return await self._supervisor.stop()

    def _welcome(self) -> Welcome:
        demo = User.objects.get(username=preparing.DEMO_USER)
        link = login_link(demo, base_url=self.url, valid_for=LINK_LIFETIME)
        return Welcome(self.url, link, log_ins.begin(demo, LogIn.Means.COMMAND).access)

    def _prepare(self) -> None:
        preparing.prepare_database()
        preparing.prepare_demo_user()

    def _prepare_demo(self) -> None:
        try:
            preparing.prepare_demo_data()
        except NetraError as error:
            self._say("up", f"There is no demo data: {error.message}")

    # --- the children ----------------------------------------------------------------------------

    def _processes(self) -> list[Child]:
        workers = [self._worker(number) for number in range(1, self._workers + 1)]
        return [self._web(), *workers, self._beat()]

    def _redis(self) -> Child:
        port = free_port()
        self._redis_url = f"redis://127.0.0.1:{port}/0"
        command = embedded.command(embedded.redis_server(), port=port, directory=settings.DATA_DIR)

        async def answers(pid: int) -> bool:
            return not is_free("127.0.0.1", port)

        return Child("redis", command, env.everything(), answers)

    def _web(self) -> Child:
        command = [
            *(sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"),
            *("--host", self._host, "--port", str(self._port)),
        ]
        hosts = ",".join([*settings.ALLOWED_HOSTS, *names_of(self._host)])

        # Without certificates, which take longer to load, at each look, than all the rest.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

        async def answers(pid: int) -> bool:
            try:
                async with httpx.AsyncClient(trust_env=False, verify=context) as client:
                    return (await client.get(f"{self.url}/health")).status_code == 200
            except httpx.HTTPError:
                return False

        return Child("web", command, self._environment(NETRA_ALLOWED_HOSTS=hosts), answers)

    def _worker(self, number: int) -> Child:
        name = f"worker-{number}"
        command = [
            *(sys.executable, "-m", "celery", "-A", "netra", "--quiet", "worker"),
            *("-n", f"{name}@%h", "--without-mingle", "--without-gossip"),
        ]

        async def is_registered(pid: int) -> bool:
            return await asyncio.to_thread(Worker.objects.alive().filter(pid=pid).exists)

        return Child(name, command, self._environment(), is_registered)

    def _beat(self) -> Child:
        command = [sys.executable, "-m", "celery", "-A", "netra", "--quiet", "beat"]
        return Child("beat", command, self._environment())

    def _environment(self, **extra: str) -> dict[str, str]:
        return env.everything() | {
            "NETRA_DATA_DIR": str(settings.DATA_DIR),
            "NETRA_REDIS_URL": self._redis_url,
            "PYTHONUNBUFFERED": "1",
            **extra,
        }


def names_of(host: str) -> list[str]:
    """The names under which a server bound to `host` may be asked for."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - asked for by name, on the command line
        name = socket.gethostname()
        addresses = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)
        return [name, *sorted({str(address[4][0]) for address in addresses})]
    return [host]


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(at_least: int = 0) -> int:
    """A port on loopback that nobody listens on: any, or the first from `at_least` on."""
    port = at_least
    while at_least and not is_free("127.0.0.1", port):
        port += 1
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])
