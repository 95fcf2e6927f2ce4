"""What ends a log-in closes its sockets at once, and no others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.cast import PASSWORD
from tests.chat import Chat, open_chat
from tests.stack import Stack

SOON = 2  # seconds; the check that finds lost pushes comes every 5


@dataclass
class Device:
    """A log-in with two sockets: one opened with its token, one with a ticket."""

    client: httpx.AsyncClient
    access: str
    refresh: str
    sockets: list[Chat]

    async def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.access}"}
        return await self.client.post(f"/api/auth/{path}", json=body or {}, headers=headers)

    async def is_shown_out(self) -> None:
        """Its sockets are closed, its tokens worth nothing."""
        codes = [await socket.close_code(within=SOON) for socket in self.sockets]
        assert codes == [4401] * len(codes)
        assert all(socket.errors() == ["authentication_failed"] for socket in self.sockets)
        assert (await self.post("ticket")).status_code == 401
        if self.refresh:
            assert (await self.post("token/refresh", {"refresh": self.refresh})).status_code == 401

    async def is_undisturbed(self) -> None:
        for socket in self.sockets:
            await socket.quiet()
        assert (await self.post("ticket")).status_code == 200


@asynccontextmanager
async def devices(stack: Stack, *users: str) -> AsyncIterator[list[Device]]:
    """One for each name; the same name twice is one user with two."""
    async with AsyncExitStack() as stays:
        client = await stays.enter_async_context(
            httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=30)
        )

        async def device(user: str) -> Device:
            body = {"username": user, "password": PASSWORD}
            pair = (await client.post("/api/auth/token", json=body)).raise_for_status().json()
            made = Device(client, pair["access"], pair["refresh"], [])
            ticket = (await made.post("ticket")).json()["ticket"]
            for url, token in (
                (stack.socket_url, made.access),
                (f"{stack.socket_url}?ticket={ticket}", None),
            ):
                chat = await stays.enter_async_context(open_chat(url, token))
                if token is None:
                    await chat.receive_until("connection_established")
                made.sockets.append(chat)
            return made

        yield [await device(user) for user in users]


async def with_key(stack: Stack, device: Device, stays: AsyncExitStack) -> tuple[int, Device]:
    """An API key of the device's user, with a socket of its own."""
    body = {"name": "script", "scopes": ["read"]}
    made = (await device.post("keys", body)).raise_for_status().json()
    chat = await stays.enter_async_context(open_chat(stack.socket_url, made["key"]))
    return made["id"], Device(device.client, made["key"], "", [chat])


async def test_a_log_out_closes_the_sockets_of_its_log_in(stack: Stack) -> None:
    async with devices(stack, "wanderer", "wanderer", "bob") as [leaving, staying, bobs]:
        assert (await leaving.post("logout", {"refresh": leaving.refresh})).status_code == 204
        await leaving.is_shown_out()
        await staying.is_undisturbed()
        await bobs.is_undisturbed()


async def test_a_stolen_refresh_token_closes_them_too(stack: Stack) -> None:
    async with devices(stack, "wanderer", "wanderer") as [robbed, staying]:
        body = {"refresh": robbed.refresh}
        newer = (await robbed.post("token/refresh", body)).json()["refresh"]
        newest = (await robbed.post("token/refresh", {"refresh": newer})).json()["refresh"]
        code = (
            "from accounts.models import LogIn\n"
            "for row in LogIn.objects.filter(user__username='wanderer', generation=3):\n"
            "    row.spent = []\n"  # as if half a minute had passed
            "    row.save()"
        )
        await asyncio.to_thread(stack.run, code)
        assert (await robbed.post("token/refresh", body)).status_code == 401
        robbed.refresh = newest
        await robbed.is_shown_out()
        await staying.is_undisturbed()


async def test_a_log_out_everywhere_closes_all_of_the_user(stack: Stack) -> None:
    async with devices(stack, "quitter", "quitter", "bob") as [here, there, bobs]:
        async with AsyncExitStack() as stays:
            _, program = await with_key(stack, here, stays)
            assert (await there.post("logout-all")).status_code == 204
            for device in (here, there, program):
                await device.is_shown_out()
        await bobs.is_undisturbed()


async def test_a_new_password_closes_all_of_the_user(stack: Stack) -> None:
    async with devices(stack, "changer", "changer", "bob") as [here, there, bobs]:
        async with AsyncExitStack() as stays:
            _, program = await with_key(stack, here, stays)
            body = {"current_password": PASSWORD, "new_password": "tangerine-lighthouse-7"}
            pair = (await here.post("password", body)).raise_for_status().json()
            for device in (here, there, program):
                await device.is_shown_out()
        await Device(here.client, pair["access"], pair["refresh"], []).is_undisturbed()
        await bobs.is_undisturbed()


async def test_a_deactivation_closes_all_of_the_user(stack: Stack) -> None:
    async with devices(stack, "dropout", "bob") as [leaving, bobs]:
        async with AsyncExitStack() as stays:
            _, program = await with_key(stack, leaving, stays)
            code = (
                "from accounts.models import User; user = User.objects.get(username='dropout'); "
                "user.is_active = False; user.save()"
            )
            await asyncio.to_thread(stack.run, code)
            for device in (leaving, program):
                await device.is_shown_out()
        await bobs.is_undisturbed()


async def test_a_revoked_key_closes_its_sockets_and_no_others(stack: Stack) -> None:
    async with devices(stack, "revoker") as [owner], AsyncExitStack() as stays:
        key_id, revoked = await with_key(stack, owner, stays)
        _, kept = await with_key(stack, owner, stays)
        headers = {"Authorization": f"Bearer {owner.access}"}
        answer = await owner.client.delete(f"/api/auth/keys/{key_id}", headers=headers)
        assert answer.status_code == 204
        await revoked.is_shown_out()
        await kept.is_undisturbed()
        await owner.is_undisturbed()


@pytest.mark.parametrize(
    ("scopes", "sent", "answer"),
    [
        (["read"], {"type": "message", "content": "Why?"}, "permission_denied"),
        (["read"], {"type": "cancel_run", "run_id": "0" * 32}, "permission_denied"),
        (["read"], {"type": "get_agent_status", "run_id": "0" * 32}, "run_not_found"),
        (["read", "run"], {"type": "cancel_run", "run_id": "0" * 32}, "run_not_found"),
    ],
)
async def test_a_socket_of_a_key_may_do_what_its_scopes_say(
    stack: Stack, scopes: list[str], sent: dict[str, str], answer: str
) -> None:
    async with devices(stack, "bob") as [owner]:
        body = {"name": "script", "scopes": scopes}
        key = (await owner.post("keys", body)).raise_for_status().json()["key"]
        async with open_chat(stack.socket_url, key) as chat:
            await chat.send(**sent)
            assert (await chat.receive_until("error"))["data"]["code"] == answer


async def test_a_key_that_may_not_read_opens_no_socket(stack: Stack) -> None:
    async with devices(stack, "bob") as [owner]:
        key = (await owner.post("keys", {"name": "x", "scopes": ["run"]})).json()["key"]
        headers = {"Authorization": f"Bearer {key}"}
        async with open_chat(stack.socket_url, headers=headers) as chat:
            assert await chat.close_code() == 4403
            assert chat.errors() == ["permission_denied"]
