"""A real nginx with our configuration, filled in as its image does it."""

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.docker.compose import DOCKER, PRODUCTION
from tests.stack import free_port, listens, until

# What stands around a server in the image's own nginx.conf.
AROUND = """
user root;  # of the workers; without effect unless started as root
worker_processes 1;
pid {home}/pid;
events {{ }}
http {{
    client_body_temp_path {home}/bodies;
    proxy_temp_path {home}/answers;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {home}/conf.d/*.conf;
}}
"""


def binary() -> str | None:
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


def filled_in(variables: dict[str, str]) -> str:
    """The template with those variables that the filter of compose.yaml lets through."""
    given = {
        name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", str(value))
        for name, value in PRODUCTION["services"]["nginx"]["environment"].items()
    } | variables
    computed = subprocess.run(
        ["sh", "-euc", '. "$1" && printenv NETRA_BODY_LIMIT_MB', "-", DOCKER / "body_limit.envsh"],
        env={**os.environ, **given},
        check=True,
        capture_output=True,
        text=True,
    )
    given["NETRA_BODY_LIMIT_MB"] = computed.stdout.strip()
    passed = re.compile(given["NGINX_ENVSUBST_FILTER"])
    template = (DOCKER / "nginx.conf").read_text()
    for name in filter(passed.search, given):
        template = template.replace(f"${{{name}}}", given[name])
    return template


@dataclass
class Nginx:
    """In front of `backend`, which is an address and a port."""

    home: Path
    backend: str
    upload_limit_mb: int = 150
    port: int = field(default_factory=free_port)
    child: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return (self.home / "output").read_text()

    def start(self) -> None:
        conf = filled_in(
            {
                "NETRA_BACKEND": self.backend,
                "NETRA_UPLOAD_LIMIT_MB": str(self.upload_limit_mb),
                "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
            }
        )
        (self.home / "conf.d").mkdir()
        listening = conf.replace("listen 8080;", f"listen 127.0.0.1:{self.port};")
        (self.home / "conf.d/default.conf").write_text(listening)
        (self.home / "nginx.conf").write_text(AROUND.format(home=self.home))
        found = binary()
        assert found is not None
        with (self.home / "output").open("wb") as out:
            self.child = subprocess.Popen(
                [found, "-c", self.home / "nginx.conf", "-g", "daemon off;"], stdout=out, stderr=out
            )
        until(self._settled, "nginx")
        assert self.child.poll() is None, self.output

    def _settled(self) -> bool:
        assert self.child is not None
        return self.child.poll() is not None or listens(self.port)

    def stop(self) -> None:
        if self.child is not None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(timeout=30)
