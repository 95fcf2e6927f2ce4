"""From a credential to the session behind it; REST and the socket share this."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import log_ins, tokens
from accounts.exceptions import AuthenticationFailed, PermissionDenied
from accounts.models import ApiKey, LogIn, OneTimeSecret, Purpose, User, digest_of
from accounts.scopes import EVERY_SCOPE, Scope

TICKET_LIFETIME = timedelta(seconds=30)
USE_NOTED = timedelta(minutes=1)  # how exact a key's last use is: a write per request costs more


@dataclass(frozen=True, slots=True)
class Session:
    """Who calls, by which credential, what it may do and until when (None: until it is ended)."""

    user: User
    family: str
    expires_at: datetime | None
    scopes: frozenset[Scope] = EVERY_SCOPE
    log_in: LogIn | None = None  # None: an API key

    def require(self, scope: Scope) -> None:
        """Raise PermissionDenied unless the credential may do this."""
        if scope not in self.scopes:
            allowed = ", ".join(sorted(self.scopes))
            raise PermissionDenied(
                f"This API key may not do that: its scopes are {allowed}. "
                f"Make one with the scope {scope}."
            )


def session_of_bearer(raw: str) -> Session:
    """The session of an access token or an API key; raises AuthenticationFailed."""
    return session_of_key(raw) if raw.startswith(ApiKey.PREFIX) else session_of_token(raw)


def session_of_token(raw: str) -> Session:
    """The session of an access token; raises AuthenticationFailed."""
    token = tokens.decode(tokens.AccessToken, raw)
    expires_at = datetime.fromtimestamp(token["exp"], tz=UTC)
    return _of_log_in(log_ins.find(token[tokens.FAMILY]), expires_at)


def session_of_key(raw: str) -> Session:
    """The session of an API key, whose use is noted; raises AuthenticationFailed."""
    key = ApiKey.objects.live().select_related("user").filter(digest=digest_of(raw)).first()
    if key is None:
        raise AuthenticationFailed("This API key is unknown, has expired or was revoked.")
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return _of_key(key)


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
    if ticket is None:
        raise AuthenticationFailed(
            "The ticket is unknown, spent, older than 30 s, or its log-in was ended. Buy a new one."
        )
    key = ApiKey.objects.live().select_related("user").filter(family=ticket.family).first()
    if key is not None:
        return _of_key(key)
    return _of_log_in(log_ins.find(ticket.family), ticket.session_expires_at)


def _of_log_in(log_in: LogIn, expires_at: datetime | None) -> Session:
    return Session(log_in.user, log_in.family, expires_at, log_in=log_in)


def _of_key(key: ApiKey) -> Session:
    scopes = frozenset(Scope(scope) for scope in key.scopes)
    # Whoever asks what this caller may see and choose asks the user. No key changes its account,
    # so this is never saved.
    key.user.is_staff = key.user.is_staff and Scope.STAFF in scopes
    return Session(key.user, key.family, key.expires_at, scopes)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token or API key>`; `request.auth` is the Session."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        # Exporters of traces have it from an environment variable, where a space is written so.
        header = request.headers.get("Authorization", "").replace("%20", " ", 1)
        scheme, _, credential = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        session = session_of_bearer(credential.strip())
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
