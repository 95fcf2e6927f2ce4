"""
The channel layer: Redis pub/sub that survives Redis, with a bounded inbox per socket.

It differs from channels_redis' pub/sub layer in three ways. A socket never waits for Redis and
never fails with it: groups are joined as soon as the connection is (back) up. When the connection
was made again, every inbox is told `resubscribed`, for what was published meanwhile is lost. And an
inbox that fills up forgets its pushes and says `overflow`: the store has them all.
"""

import asyncio
import contextlib
import logging
import uuid
from collections import deque
from collections.abc import Iterable
from typing import Any

import redis
from channels_redis import pubsub
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 3  # redis-py 8 waits 5 s by default; a frozen Redis held group_send for 8 s
SILENCE_SECONDS = 5  # then the connection is asked whether it lives, and given as long to answer
JOIN_SECONDS = 0.5  # how long joining a group waits for Redis to confirm it

RESUBSCRIBED = {"type": "netra.resubscribed"}
OVERFLOW = {"type": "netra.overflow"}


class Inbox:
    """What one socket has yet to handle. One task reads it."""

    LIMIT_BYTES = 1024 * 1024

    def __init__(self) -> None:
        self._items: deque[bytes | dict[str, Any]] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()

    def put_nowait(self, data: bytes) -> None:
        """A push from Redis. If there are too many, all are dropped and `overflow` is said once."""
        if self._bytes + len(data) > self.LIMIT_BYTES:
            self._items = deque(item for item in self._items if not isinstance(item, bytes))
            self._bytes = 0
            if OVERFLOW not in self._items:
                self._items.append(OVERFLOW)
        else:
            self._items.append(data)
            self._bytes += len(data)
        self._arrived.set()

    def tell(self, message: dict[str, Any]) -> None:
        """A message from this process; never dropped."""
        self._items.append(message)
        self._arrived.set()

    async def get(self) -> bytes | dict[str, Any]:
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        item = self._items.popleft()
        if isinstance(item, bytes):
            self._bytes -= len(item)
        return item


class Subscriptions:
    """The one connection of an event loop that listens, kept up by a task of its own."""

    def __init__(self, url: str, layer: "LoopLayer") -> None:
        self._url = url
        self._layer = layer
        # Redis ends a subscription to nothing, so there is always this one.
        self._wanted = {f"{layer.prefix}__loop__{uuid.uuid4().hex}"}
        self._confirmed: dict[str, asyncio.Event] = {}
        self._pubsub: Any = None
        self._sending = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._client = aioredis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=AsyncRetry(NoBackoff(), 0),  # a silent reconnection would hide what was lost
        )

    async def publish(self, channel: str, message: bytes) -> None:
        await self._client.publish(channel, message)

    async def subscribe(self, channel: str) -> None:
        """Want `channel` from now on; waits a moment for Redis to confirm, not for its return."""
        self._wanted.add(channel)
        confirmed = self._confirmed.setdefault(channel, asyncio.Event())
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="netra-subscriptions")
        elif not confirmed.is_set():
            await self._send("subscribe", channel)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(JOIN_SECONDS):
                await confirmed.wait()

    async def unsubscribe(self, channel: str) -> None:
        self._wanted.discard(channel)
        self._confirmed.pop(channel, None)
        await self._send("unsubscribe", channel)

    async def flush(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._client.aclose()

    async def _send(self, command: str, channel: str) -> None:
        async with self._sending:
            if self._pubsub is not None:
                # If this fails, the listening task notices too and starts over with all channels.
                with contextlib.suppress(redis.RedisError, OSError):
                    await getattr(self._pubsub, command)(channel)

    async def _listen(self) -> None:
        was_up = False
        delay = 0.1
        while True:
            try:
                async with self._client.pubsub() as connection:
                    async with self._sending:
                        await connection.subscribe(*self._wanted)
                        self._pubsub = connection
                    if was_up:
                        logger.info("Redis is back")
                        self._layer.announce(RESUBSCRIBED)
                    was_up, delay = True, 0.1
                    await self._receive(connection)
            except (redis.RedisError, OSError) as error:
                logger.warning("Redis is away", extra={"reason": str(error)})
            finally:
                self._pubsub = None
                for confirmed in self._confirmed.values():
                    confirmed.clear()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 1.0)
            was_up = True  # whoever joined while Redis was away has missed something as well

    async def _receive(self, connection: Any) -> None:
        is_asked = False
        while True:
            message = await connection.get_message(timeout=SILENCE_SECONDS)
            if message is None:
                if is_asked:
                    raise redis.ConnectionError("no sign of life")
                await connection.ping()
                is_asked = True
                continue
            is_asked = False
            if message["type"] == "message":
                self._layer.deliver(message["channel"].decode(), message["data"])
            elif message["type"] == "subscribe":
                name = message["channel"].decode()
                self._confirmed.setdefault(name, asyncio.Event()).set()


class LoopLayer(pubsub.RedisPubSubLoopLayer):  # type: ignore[misc]
    """The layer as one event loop sees it."""

    channels: dict[str, Inbox]
    groups: dict[str, set[str]]

    def __init__(self, hosts: list[str], prefix: str, channel_layer: "PubSubLayer") -> None:
        super().__init__(prefix=prefix, channel_layer=channel_layer)
        self._shards = [Subscriptions(hosts[0], self)]

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A name for an inbox of this process; Redis need not know it."""
        channel = f"{self.prefix}{prefix}{uuid.uuid4().hex}"
        self.channels[channel] = Inbox()
        return channel

    async def receive(self, channel: str) -> Any:
        item = await self.channels[channel].get()
        return self.channel_layer.deserialize(item) if isinstance(item, bytes) else item

    async def close_channel(self, channel: str) -> None:
        """Forget an inbox and leave its groups."""
        self.channels.pop(channel, None)
        for group in [name for name, members in self.groups.items() if channel in members]:
            self.groups[group].discard(channel)
            if not self.groups[group]:
                del self.groups[group]
                await self._shards[0].unsubscribe(group)

    def tell(self, channel: str, message: dict[str, Any]) -> None:
        """Put a message of this process into an inbox, if it still exists."""
        if inbox := self.channels.get(channel):
            inbox.tell(message)

    def announce(self, message: dict[str, Any]) -> None:
        for inbox in self.channels.values():
            inbox.tell(message)

    def deliver(self, name: str, data: bytes) -> None:
        for channel in self.groups.get(name, ()):
            if inbox := self.channels.get(channel):
                inbox.put_nowait(data)


class PubSubLayer(pubsub.RedisPubSubChannelLayer):  # type: ignore[misc]
    """What settings.CHANNEL_LAYERS names. `hosts` is a list of one Redis URL."""

    def __init__(self, hosts: list[str], prefix: str = "asgi") -> None:
        super().__init__(hosts=hosts, prefix=prefix)
        self._blocking = redis.Redis.from_url(
            hosts[0],
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once, for a connection that died while it was idle
        )
        self._prefix = prefix

    def publish(self, messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Send to groups from a thread, in order; raises ConnectionError within seconds."""
        pipeline = self._blocking.pipeline(transaction=False)
        for group, message in messages:
            pipeline.publish(f"{self._prefix}__group__{group}", self.serialize(message))
        try:
            pipeline.execute()
        except redis.RedisError as error:
            raise ConnectionError(str(error)) from error

    def ping(self) -> None:
        """Raise ConnectionError unless Redis answers."""
        try:
            self._blocking.ping()
        except redis.RedisError as error:
            raise ConnectionError(str(error)) from error

    def tell(self, channel: str, message: dict[str, Any]) -> None:
        self._get_layer().tell(channel, message)

    async def close_channel(self, channel: str) -> None:
        await self._get_layer().close_channel(channel)

    def _get_layer(self) -> LoopLayer:
        loop = asyncio.get_running_loop()
        layer: LoopLayer | None = self._layers.get(loop)
        if layer is None:
            layer = LoopLayer(channel_layer=self, **self._kwargs)
            self._layers[loop] = layer
        return layer
