"""What nginx passes on, and what it says itself; the real one, with our configuration."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from pytest_django import Settings
from websockets.sync.client import connect

from realtime.authentication import client_address
from realtime.server import PING_SECONDS
from tests.docker.compose import DOCKER
from tests.docker.nginx import Nginx, binary
from tests.optional import missing
from tests.stack import Stack, until

NGINX_AWAY = "install nginx: apt-get install nginx-light"
MIB = 1024 * 1024
HALF = b"half of it "

Start = Callable[..., Nginx]


class Backend(ThreadingHTTPServer):
    """Keeps what it is asked; sends the second half of its answer when it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.heads: list[Message[str, str]] = []
        self.sizes: list[int] = []
        self.go_on = threading.Event()
        self.go_on.set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Backend

    def do_GET(self) -> None:
        self.server.heads.append(self.headers)
        length = int(self.headers.get("Content-Length", 0))
        self.server.sizes.append(len(self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(HALF)
        self.server.go_on.wait(30)
        self.wfile.write(HALF)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """The tests look at what was asked, nobody at this server's log."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an nginx."""
    if binary() is None:
        missing(NGINX_AWAY)
    with ExitStack() as ending:

        def started(backend: str, upload_limit_mb: int = 150) -> Nginx:
            nginx = Nginx(tmp_path, backend, upload_limit_mb)
            ending.callback(nginx.stop)
            nginx.start()
            return nginx

        yield started


@pytest.fixture
def backend() -> Iterator[Backend]:
    with Backend() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


def said_by_nginx(answer: httpx.Response) -> str:
    """The code of an error in the shape that all of Netra's have."""
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.json()) == {"code", "message"}
    return str(answer.json()["code"])


def answer_to(nginx: Nginx, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", nginx.port), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(4096)


def test_what_a_client_says_of_its_address_does_not_pass(
    start: Start, backend: Backend, settings: Settings
) -> None:
    nginx = start(backend.address)
    claims = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "Forwarded": "for=x"}
    httpx.get(nginx.url, headers=claims, trust_env=False)
    (head,) = backend.heads
    assert head["Host"] == f"127.0.0.1:{nginx.port}"  # with its port, as in the Origin of our pages
    assert head["X-Forwarded-Proto"] == "http"
    assert "Forwarded" not in head
    settings.TRUST_PROXY = True
    headers = [(name.lower().encode(), value.encode()) for name, value in head.items()]
    assert client_address({"client": ("10.0.0.1", 1), "headers": headers}) == "127.0.0.1"


def test_an_answer_passes_as_it_comes(start: Start, backend: Backend) -> None:
    backend.go_on.clear()
    nginx = start(backend.address)
    with httpx.stream("GET", nginx.url, trust_env=False) as answer:
        parts = answer.iter_raw()
        assert next(parts) == HALF
        backend.go_on.set()
        assert b"".join(parts) == HALF


def test_a_file_may_have_the_limits_size_and_a_form_around_it(
    start: Start, backend: Backend
) -> None:
    nginx = start(backend.address, upload_limit_mb=2)
    upload = {"file": b"x" * (2 * MIB)}
    assert httpx.post(nginx.url, files=upload, trust_env=False).status_code == 200
    assert backend.sizes[0] > 2 * MIB
    refused = httpx.post(nginx.url, files={"file": b"x" * (3 * MIB)}, trust_env=False)
    assert refused.status_code == 413
    assert said_by_nginx(refused) == "too_large"
    assert "2 MiB" in refused.json()["message"]
    assert len(backend.sizes) == 1


def test_a_backend_that_is_away_is_said_as_any_error(start: Start) -> None:
    nginx = start("127.0.0.1:1")
    refused = httpx.get(f"{nginx.url}/api/agents", trust_env=False)
    assert refused.status_code == 503
    assert said_by_nginx(refused) == "unavailable"
    assert refused.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01 / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 33_000 + b"\r\n\r\n",
    ],
    ids=["line", "host", "length", "long"],
)
def test_what_nginx_cannot_read_is_said_as_any_error(start: Start, request_: bytes) -> None:
    head, _, body = answer_to(start("127.0.0.1:1"), request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Type: application/json" in head
    assert json.loads(body)["code"] == "invalid_request"


def test_no_log_holds_a_ticket(start: Start) -> None:
    nginx = start("127.0.0.1:1")
    httpx.get(f"{nginx.url}/ws?ticket=very-secret", trust_env=False)
    until(lambda: "GET /ws" in nginx.output, "the line of the request")
    assert "very-secret" not in nginx.output


def test_a_socket_with_seven_tokens_asks_and_is_answered(start: Start, stack: Stack) -> None:
    nginx = start(f"127.0.0.1:{stack.web_port}")
    token = stack.token("alice")
    padding = ["x" * 700 + str(number) for number in range(6)]  # the longest tokens we promise
    url = nginx.url.replace("http", "ws", 1)
    with connect(f"{url}/ws", subprotocols=[*padding, f"jwt.{token}"]) as client:  # type: ignore[list-item]
        client.send(json.dumps({"type": "message", "content": "What is the p95 latency?"}))
        for frame in map(json.loads, client):
            assert frame["type"] not in ("error", "agent_error"), frame
            if frame["type"] == "agent_completed":
                break


def test_an_event_stream_passes_as_it_happens(start: Start, stack: Stack) -> None:
    nginx, gate = start(f"127.0.0.1:{stack.web_port}"), stack.gate()
    body = {"input": json.dumps([{"calls": [gate.wait()]}, {"say": "Done."}])}
    run = stack.request("POST", "/api/agents/actor/runs", "bob", json=body).json()["run_id"]
    url = f"{nginx.url}/api/runs/{run}/events"
    headers = {"Authorization": f"Bearer {stack.token('bob')}", "Accept": "text/event-stream"}
    with httpx.stream("GET", url, headers=headers, trust_env=False, timeout=30) as answer:
        lines = answer.iter_lines()
        assert "event: tool_executing" in lines  # reads until it comes
        gate.open()
        assert "event: agent_completed" in list(lines)


def test_a_quiet_socket_outlives_lost_pings() -> None:
    place = (DOCKER / "nginx.conf").read_text().partition("location ~ ^/ws/?$ {")[2]
    timeouts = re.findall(r"(\w+_timeout) (\d+)s;", place.partition("}")[0])
    assert {name for name, _ in timeouts} == {
        "proxy_read_timeout",
        "proxy_send_timeout",
        "send_timeout",
    }
    assert min(int(seconds) for _, seconds in timeouts) > 3 * PING_SECONDS
