"""Who may open a socket, and with what."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.accounts.forgeries import FORGERIES
from tests.chat import open_chat
from tests.stack import Stack


def base64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def closed_with(url: str, **options: Any) -> tuple[list[str], int]:
    """The codes of the errors that a socket is told, and the close code that follows."""
    async with open_chat(url, **options) as chat:
        code = await chat.close_code()
        return chat.errors(), code


@pytest.mark.parametrize("prefix", ["jwt.", "jwt-auth.", "bearer."])
@pytest.mark.parametrize("encode", [str, base64url], ids=["raw", "base64url"])
async def test_a_token_may_travel_in_a_subprotocol(stack: Stack, prefix: str, encode: Any) -> None:
    offered = Subprotocol(f"{prefix}{encode(stack.token('alice'))}")
    async with open_chat(stack.socket_url, subprotocols=[offered]) as chat:
        assert (await chat.receive())["type"] == "connection_established"
        assert chat.socket.subprotocol == offered


@pytest.mark.parametrize("name", ["jwt.%C3%A9", "jwt.%0d%0aSet-Cookie", "bearer.%2C", "jwt.%"])
async def test_a_subprotocol_is_answered_as_it_was_offered(stack: Stack, name: str) -> None:
    async with open_chat(stack.socket_url, subprotocols=[Subprotocol(name)]) as chat:
        assert await chat.close_code() == 4401
        assert chat.socket.subprotocol == name


async def test_the_protocol_name_is_answered_when_it_is_offered(stack: Stack) -> None:
    offered = [Subprotocol("netra.v1"), Subprotocol(f"jwt.{stack.token('alice')}")]
    async with open_chat(stack.socket_url, subprotocols=offered) as chat:
        assert (await chat.receive())["type"] == "connection_established"
        assert chat.socket.subprotocol == "netra.v1"


async def test_a_ticket_opens_one_socket(stack: Stack) -> None:
    ticket = stack.request("POST", "/api/auth/ticket", "alice").json()["ticket"]
    url = f"{stack.socket_url}?ticket={ticket}"
    async with open_chat(url) as chat:
        assert (await chat.receive())["type"] == "connection_established"
    assert await closed_with(url) == (["authentication_failed"], 4401)


async def test_the_first_message_may_be_the_credential(stack: Stack) -> None:
    async with open_chat(stack.socket_url) as chat:
        await chat.send(type="ping", id="early")
        await chat.send(type="authenticate", id="me", token=stack.token("alice"))
        frames = [await chat.receive() for _ in range(3)]
    assert [(frame["type"], frame.get("id")) for frame in frames] == [
        ("connection_established", None),
        ("authenticated", "me"),
        ("pong", "early"),
    ]
    assert frames[1]["data"]["expires_at"] > frames[0]["data"]["timestamp"]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", ""], ids=["word", "shape", "empty"])
async def test_a_bad_first_message_is_told_so(stack: Stack, token: str) -> None:
    async with open_chat(stack.socket_url) as chat:
        await chat.send(type="authenticate", token=token)
        assert await chat.close_code() == 4401
        assert chat.errors() == ["authentication_failed"]


@pytest.mark.parametrize(
    "credential",
    ["Bearer nonsense", "Bearer a.b.c", "Bearer \u00e9"],
    ids=["word", "shape", "latin"],
)
async def test_a_bad_header_is_accepted_and_closed_with_4401(stack: Stack, credential: str) -> None:
    headers = {"Authorization": credential}
    assert await closed_with(stack.socket_url, headers=headers) == (
        ["authentication_failed"],
        4401,
    )


@pytest.fixture(scope="session")
def forged(stack: Stack) -> dict[str, str]:
    """Every kind of token that must let nobody in."""
    code = """
import json
from tests.accounts.forgeries import forgeries
from tests.cast import appear
print(json.dumps(forgeries(appear("mallory"), appear("sleeper"), appear("ghost"))))
"""
    tokens: dict[str, str] = json.loads(stack.run(code).splitlines()[-1])
    return tokens


@pytest.mark.parametrize("kind", FORGERIES)
async def test_a_token_that_proves_nothing_opens_no_socket(
    stack: Stack, forged: dict[str, str], kind: str
) -> None:
    for options in (
        {"headers": {"Authorization": f"Bearer {forged[kind]}"}},
        {"subprotocols": [f"jwt.{forged[kind]}"]},
    ):
        errors, code = await closed_with(stack.socket_url, **options)
        assert (errors, code) == (["authentication_failed"], 4401)


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("{url}", True),
        ("https://127.0.0.1:{port}", False),
        ("http://127.0.0.1", False),
        ("http://evil.example", False),
        ("http://evil.example:{port}", False),
        ("null", False),
    ],
)
async def test_pages_of_other_origins_may_not_open_a_socket(
    stack: Stack, origin: str, *, is_allowed: bool
) -> None:
    origin = origin.format(url=stack.url, port=stack.web_port)
    headers = {"Authorization": f"Bearer {stack.token('alice')}", "Origin": origin}
    if is_allowed:
        async with open_chat(stack.socket_url, headers=headers) as chat:
            assert (await chat.receive())["type"] == "connection_established"
    else:
        assert await closed_with(stack.socket_url, headers=headers) == (
            ["permission_denied"],
            4403,
        )


async def test_a_session_cookie_is_no_credential(stack: Stack) -> None:
    headers = {"Cookie": f"sessionid={stack.token('alice')}"}
    async with open_chat(stack.socket_url, headers=headers) as chat:
        await chat.send(type="ping")
        await chat.send(type="authenticate", token="nonsense")
        assert (await chat.receive())["data"]["code"] == "authentication_failed"


async def test_an_address_may_have_ten_sockets_waiting(stack: Stack) -> None:
    waiting = [await connect(stack.socket_url, proxy=None) for _ in range(10)]
    try:
        assert await closed_with(stack.socket_url) == (["rate_limited"], 4429)
    finally:
        for socket in waiting:
            await socket.close()


async def test_behind_a_proxy_an_address_is_the_clients_and_cannot_be_made_up(
    own_stack: Stack,
) -> None:
    own_stack.environment["NETRA_TRUST_PROXY"] = "true"
    await asyncio.to_thread(own_stack.start, workers=0)

    def through_proxy(forwarded: str) -> dict[str, str]:
        return {"X-Forwarded-For": forwarded}

    url, greedy = own_stack.socket_url, "203.0.113.7"
    headers = through_proxy(greedy)
    waiting = [await connect(url, proxy=None, additional_headers=headers) for _ in range(10)]
    try:
        made_up = through_proxy(f"198.51.100.1, {greedy}")
        assert await closed_with(url, headers=made_up) == (["rate_limited"], 4429)
        async with open_chat(url, headers=through_proxy("203.0.113.8")) as other:
            await other.send(type="authenticate", token=own_stack.token("alice"))
            assert (await other.receive())["type"] == "connection_established"
    finally:
        for socket in waiting:
            await socket.close()


async def test_other_paths_open_no_socket_and_are_no_server_error(stack: Stack) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{stack.web_port}/elsewhere", proxy=None)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "head",
    [
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: jwt.\xe9\xe9\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"X-Odd: \xff\xfe\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"GET /ws?ticket=%ff%fe HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\nDaphne-Root-Path: \xe9\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"X-Odd: a\x85X-Forwarded-For: 1.2.3.4\r\n\r\n",
        b"P\xd6ST / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nDaphne-Root-Path: \xe9\r\n\r\n",
    ],
    ids=["headless", "protocol", "header", "key", "ticket", "hidden", "method", "root path"],
)
async def test_a_malformed_handshake_is_no_server_error(stack: Stack, head: bytes) -> None:
    answer = await stack.exchange(head)
    assert answer.startswith(b"HTTP/1.1 ")
    assert not answer.startswith(b"HTTP/1.1 5")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /api/\xe4 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /api/agents?\xe4 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /api/agents HTTP/1.1\r\nHost: x\r\nN\xe4me: x\r\n\r\n", 400),
        (b"GET /api/agents HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET /api/" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 9_000 + b"\r\nB: " + b"x" * 9_000, 400),
    ],
    ids=["nonsense", "path", "query", "name", "length", "line", "headers"],
)
async def test_what_is_no_request_is_refused_as_everything_is(
    stack: Stack, head: bytes, status: int
) -> None:
    answer = await stack.exchange(head + b"\r\n\r\n")
    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/json" in top
    assert set(json.loads(body)) == {"code", "message"}


@pytest.mark.parametrize("body", [b"--x--\r\n", b"", b"nonsense", b"--x\r\n\r\n--x--"])
async def test_a_form_without_a_file_is_told_so(stack: Stack, body: bytes) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{stack.url}/api/datasets",
            content=body,
            headers={
                "Authorization": f"Bearer {stack.token('alice')}",
                "Content-Type": "multipart/form-data; boundary=x",
            },
        )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


async def test_health_needs_no_credential(stack: Stack) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        body = (await client.get(f"{stack.url}/health")).json()
    assert (body["status"], body["service"]) == ("healthy", "netra-ai-platform")
