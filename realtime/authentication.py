"""What a socket brings to say who it is, and where it comes from."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from django.conf import settings

from accounts import origin
from accounts.authentication import Session, session_of_bearer, session_of_ticket

PROTOCOL = "netra.v1"
TOKEN_PREFIXES = ("jwt.", "jwt-auth.", "bearer.")
JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")

Scope: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credential:
    """A token or a ticket, and the subprotocol to answer with."""

    token: str | None = None
    ticket: str | None = None
    subprotocol: str | None = None

    @property
    def is_absent(self) -> bool:
        return self.token is None and self.ticket is None


def credential_in(scope: Scope) -> Credential:
    """What the handshake carries: a header, a subprotocol or a ticket, in this order."""
    offered: list[str] = scope.get("subprotocols", [])
    bearing = next((name for name in offered if name.startswith(TOKEN_PREFIXES)), None)
    subprotocol = PROTOCOL if PROTOCOL in offered else bearing
    if token := _bearer(header(scope, "authorization")):
        return Credential(token=token, subprotocol=subprotocol)
    if bearing is not None:
        _, _, carried = bearing.partition(".")
        return Credential(token=_plain(carried), subprotocol=subprotocol)
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return Credential(ticket=query.get("ticket", [None])[0], subprotocol=subprotocol)


def session_of(credential: Credential) -> Session:
    """Asks the database; raises AuthenticationFailed."""
    if credential.token is not None:
        return session_of_bearer(credential.token)
    return session_of_ticket(credential.ticket or "")


def header(scope: Scope, name: str) -> str:
    """Of several they are one, as in a request: a proxy may add its own behind the client's."""
    wanted = name.encode()
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == wanted)


def client_address(scope: Scope) -> str:
    """Whose socket it is, for limits: an IP address, or `unknown`."""
    peer: str = (scope.get("client") or [""])[0]
    address = origin.client_address(peer, header(scope, "x-forwarded-for"))
    return origin.neighbourhood_of(address or "unknown")


def origin_is_allowed(scope: Scope) -> bool:
    """
    A page may open a socket from our own origin, or from one on the list.

    Programs send no Origin. Cookies are not looked at, so a foreign page has nothing to ride on;
    this keeps it from trying credentials it found elsewhere.
    """
    origin = header(scope, "origin")
    if not origin or origin in settings.ALLOWED_ORIGINS:
        return True
    return origin == f"{_scheme(scope)}://{header(scope, 'host')}"


def _scheme(scope: Scope) -> str:
    """Ours as the browser sees it; behind TLS a trusted proxy says so."""
    if settings.TRUST_PROXY:
        return header(scope, "x-forwarded-proto").split(",")[0].strip() or "http"
    return "https" if scope.get("scheme") == "wss" else "http"


def _bearer(value: str) -> str | None:
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def _plain(carried: str) -> str:
    """The token itself, raw or base64url without padding."""
    if JWT.fullmatch(carried):
        return carried
    try:
        padded = carried + "=" * (-len(carried) % 4)
        return base64.urlsafe_b64decode(padded).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return carried  # not a token either way; authentication says so
