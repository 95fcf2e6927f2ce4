"""Exactly the push of the terminal event is lost; the next position check tells it, once."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from accounts import log_ins
from accounts.authentication import session_of_bearer
from accounts.models import LogIn, User
from agents.events import TERMINAL_TYPES
from agents.publishing.push import Push, user_group
from agents.publishing.units import HeldRun, Unit
from agents.publishing.writer import Writer
from agents.services.positions import live_positions
from realtime.layers import RESUBSCRIBED
from realtime.positions import PERIOD_SECONDS, PositionCheck
from realtime.replay import Coverage, Replay
from realtime.store import UserStore
from tests.agents.factories import make_held
from tests.agents.publishing.test_store import end, started, thinking

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

in_thread = sync_to_async(thread_sensitive=False)


class Listener:
    """A socket: the pump of one, and what it has sent."""

    def __init__(self, user: User, family: str) -> None:
        self.user_id = user.pk
        self.family = family
        self.sent: list[dict[str, Any]] = []
        self.replay = Replay(self._send, UserStore(user), Coverage())
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def tell(self, message: dict[str, Any]) -> None:
        self._inbox.put_nowait(message)

    def show_out(self) -> None:
        raise AssertionError("The log-in is valid.")

    async def pump(self) -> None:
        while True:
            await self.replay.handle(await self._inbox.get())

    async def _send(self, text: str) -> None:
        self.sent.append(json.loads(text))

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.sent]


class Forgetful:
    """Carries pushes to a socket, and loses those that tell the end of a run."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.lost: list[dict[str, Any]] = []
        self._loop = asyncio.get_running_loop()

    def __call__(self, messages: Sequence[Push]) -> None:
        for group, message in messages:
            assert group == user_group(self.listener.user_id)
            if message["event"] in TERMINAL_TYPES:
                self.lost.append(message)
            else:
                self._loop.call_soon_threadsafe(self.listener.tell, message)


def sign_in(user: User) -> str:
    """The family of a log-in of the user's."""
    return session_of_bearer(log_ins.begin(user, LogIn.Means.COMMAND).access).family


async def until_told(listener: Listener, kind: str) -> None:
    async with asyncio.timeout(6 * PERIOD_SECONDS):
        while kind not in listener.kinds():  # noqa: ASYNC110 - its pump is another task
            await asyncio.sleep(0.02)


async def go_on(run: HeldRun, listener: Listener) -> Forgetful:
    """The run's worker writes what is left of it."""
    layer = Forgetful(listener)
    writer = Writer(asyncio.get_running_loop(), layer)
    writer.start()
    await writer.write(Unit(run=run, events=[started(), thinking()]))
    await until_told(listener, "agent_thinking")
    await writer.write(end(run))
    await asyncio.to_thread(writer.stop)
    return layer


# F24
async def test_the_end_of_a_run_arrives_though_its_push_was_lost(alice: User) -> None:
    listener = Listener(alice, await in_thread(sign_in)(alice))
    check = PositionCheck()
    check.join(listener)
    run = await in_thread(make_held)(alice)
    row = await in_thread(live_positions)(alice)
    listener.replay.begin(alice.date_joined, row)
    pump = asyncio.create_task(listener.pump())
    layer = await go_on(run, listener)
    assert len(layer.lost) == 1
    await until_told(listener, "agent_completed")
    listener.tell(layer.lost[0])  # it was late, not lost
    announce: Any = get_channel_layer()
    announce._get_layer().announce(RESUBSCRIBED)  # one more check, at once
    await asyncio.sleep(0.5)
    assert listener.kinds() == ["agent_started", "agent_thinking", "agent_completed"]
    assert [frame["seq"] for frame in listener.sent] == [1, 2, 3]
    pump.cancel()
    await asyncio.wait([pump])
