"""How a socket becomes a session: by what its handshake carries, or by its first message."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from accounts.authentication import Session, session_of_bearer
from accounts.exceptions import AuthenticationFailed, NetraError, PermissionDenied
from realtime.authentication import (
    Scope,
    client_address,
    credential_in,
    origin_is_allowed,
    session_of,
)
from realtime.database import in_database
from realtime.limits import TooManySockets, Waiting
from realtime.protocol import Authenticate, Envelope, InvalidMessage, open_frame
from realtime.wire import CloseCode, Wire

PATIENCE_SECONDS = 30
EARLY_FRAMES = 16
EARLY_BYTES = 64 * 1024


class TooManyWaiting(NetraError):
    code = "rate_limited"


class TooManyEarlyFrames(NetraError):
    code = "invalid_message"


REFUSALS: dict[type[NetraError], CloseCode] = {
    AuthenticationFailed: CloseCode.NOT_AUTHENTICATED,
    PermissionDenied: CloseCode.NOT_PERMITTED,
    TooManyWaiting: CloseCode.RATE_LIMITED,
    TooManySockets: CloseCode.TOO_MANY_SOCKETS,
    TooManyEarlyFrames: CloseCode.PROTOCOL_ERRORS,
}


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in, and what they said before."""

    session: Session
    introduced_by: Envelope | None = None  # the `authenticate` message, to be answered
    early_frames: list[str | None] = field(default_factory=list)


async def admit(scope: Scope, wire: Wire, waiting: Waiting) -> Admission:
    """
    Accept the socket and find out whose it is.

    Raises one of REFUSALS; the socket is accepted then too, for a browser cannot read why a
    handshake was refused.
    """
    credential = credential_in(scope)
    await wire.accept(credential.subprotocol)
    if not origin_is_allowed(scope):
        raise PermissionDenied("Pages of this origin may not open a socket here.")
    if not credential.is_absent:
        return Admission(await in_database(session_of, credential))
    address = client_address(scope)
    if not waiting.enter(address):
        raise TooManyWaiting("Too many sockets of your address have not authenticated yet.")
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _introduction(wire)
    except TimeoutError as error:
        raise AuthenticationFailed(
            f"No `authenticate` message arrived within {PATIENCE_SECONDS} s."
        ) from error
    finally:
        waiting.leave(address)


async def _introduction(wire: Wire) -> Admission:
    """Wait for `authenticate`; keep what comes before it."""
    early: list[str | None] = []
    size = 0
    while True:
        frame = await wire.next_frame()
        if (found := _introduces(frame)) is not None:
            envelope, token = found
            return Admission(await in_database(session_of_bearer, token), envelope, early)
        early.append(frame)
        size += len(frame or "")
        if len(early) > EARLY_FRAMES or size > EARLY_BYTES:
            raise TooManyEarlyFrames("Authenticate before you send so much.")


def _introduces(frame: str | None) -> tuple[Envelope, str] | None:
    """The token in an `authenticate` message; None for any other frame, which is kept for later."""
    try:
        envelope = open_frame(frame)
        if envelope.fields.get("type") != "authenticate":
            return None
        message: Any = envelope.message()
    except InvalidMessage as error:
        raise AuthenticationFailed(error.message) from error
    except NetraError:
        return None
    assert isinstance(message, Authenticate)
    return envelope, message.token
