"""From a credential to the session behind it; REST and the socket share this."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import tokens
from accounts.exceptions import AuthenticationFailed
from accounts.models import OneTimeSecret, Purpose, User

TICKET_LIFETIME = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Session:
    """Who calls, through which family of tokens, and until when."""

    user: User
    family: str
    expires_at: datetime


def session_of_token(raw: str) -> Session:
    """The session of an access token; raises AuthenticationFailed."""
    token = tokens.decode(tokens.AccessToken, raw)
    return Session(
        user=tokens.owner(token),
        family=token[tokens.FAMILY],
        expires_at=datetime.fromtimestamp(token["exp"], tz=UTC),
    )


def buy_ticket(session: Session) -> str:
    """A ticket that opens one socket within 30 s, for a caller that cannot send headers."""
    return OneTimeSecret.issue(
        purpose=Purpose.SOCKET,
        user=session.user,
        valid_for=TICKET_LIFETIME,
        family=session.family,
        session_expires_at=session.expires_at,
    )


def session_of_ticket(secret: str) -> Session:
    """Spend a ticket; raises AuthenticationFailed if it is unknown, spent, old or was ended."""
    ticket = OneTimeSecret.spend(purpose=Purpose.SOCKET, secret=secret)
    if ticket is None or ticket.session_expires_at is None:
        raise AuthenticationFailed(
            "The ticket is unknown, spent, older than 30 s, or its log-in was ended. Buy a new one."
        )
    return Session(ticket.user, ticket.family, ticket.session_expires_at)


def log_in_with_link(secret: str) -> tokens.Pair:
    """Spend the secret of a log-in link; raises AuthenticationFailed."""
    link = OneTimeSecret.spend(purpose=Purpose.LOGIN, secret=secret)
    if link is None:
        raise AuthenticationFailed(
            "This link was used, has expired or was ended. Ask for a new one."
        )
    return tokens.issue(link.user)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; `request.auth` is the Session."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        session = session_of_token(credential.strip())
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
