"""Where sockets go: `/ws` to the consumer, everything else nowhere."""

from typing import Any

from realtime.consumers import ChatConsumer
from realtime.sharing import shared
from realtime.wire import Receive, Send

SOCKET_PATH = "/ws"


class SocketApplication:
    """All sockets of one server process, and what they share."""

    def __init__(self) -> None:
        self._consumer = ChatConsumer.as_asgi(shared=shared())

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"].rstrip("/") == SOCKET_PATH:
            await self._consumer(scope, receive, send)
        else:
            # A URLRouter would raise, and daphne would answer with HTTP 500.
            await send({"type": "websocket.close"})


socket_application = SocketApplication()
