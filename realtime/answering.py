"""Answers one frame: whatever is wrong with it, and whatever goes wrong, the socket lives on."""

import logging
from typing import Protocol
from uuid import uuid4

from accounts.authentication import Session
from accounts.database import DATABASE_AWAY
from accounts.exceptions import NetraError
from realtime.commands import Socket, carry_out
from realtime.limits import ErrorBudget, RateLimited
from realtime.protocol import (
    InvalidJson,
    InvalidMessage,
    UnknownMessageType,
    opened,
    server_frame,
)
from realtime.wire import CloseCode, Wire

logger = logging.getLogger(__name__)

PROTOCOL_ERRORS = (InvalidJson, InvalidMessage, UnknownMessageType)
UNAVAILABLE = {"code": "unavailable", "message": "The database does not answer. Try again."}


class AnsweringSocket(Socket, Protocol):
    session: Session
    wire: Wire
    errors: ErrorBudget
    refusals: ErrorBudget

    def spend(self) -> None:
        """Count a message; raises RateLimited if it is one too many."""


async def answer(frame: str | None, socket: AnsweringSocket) -> None:
    answer_id = None
    try:
        envelope = await opened(frame)
        answer_id = envelope.id
        socket.spend()
        message = envelope.message()
        socket.session.require(message.scope)
        await carry_out(message, socket, answer_id)
    except NetraError as error:
        await socket.send_text(server_frame("error", error.body(), answer_id))
        if isinstance(error, PROTOCOL_ERRORS) and socket.errors.is_spent_by_one_more():
            await socket.wire.close(CloseCode.PROTOCOL_ERRORS)
        if isinstance(error, RateLimited) and socket.refusals.is_spent_by_one_more():
            await socket.wire.close(CloseCode.RATE_LIMITED)
    except DATABASE_AWAY as error:
        logger.warning("Message put off", extra={"reason": str(error)})
        await socket.send_text(server_frame("error", UNAVAILABLE, answer_id))
    except Exception:
        incident = uuid4().hex[:12]
        logger.exception("Message failed", extra={"incident": incident})
        apology = f"Something went wrong on our side (incident {incident})."
        data = {"code": "internal", "message": apology}
        await socket.send_text(server_frame("error", data, answer_id))
