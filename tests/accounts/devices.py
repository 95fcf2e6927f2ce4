"""Log-ins for tests, made the short way, and what may be done with them."""

from typing import Any

from rest_framework.test import APIClient

from accounts import log_ins, tokens
from accounts.models import LogIn, User


def pair_of(user: User, means: LogIn.Means = LogIn.Means.PASSWORD) -> tokens.Pair:
    """The tokens of a new log-in."""
    return log_ins.begin(user, means)


def post(path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
    """Status and body of what `auth/…` answers to a caller who has not signed in."""
    answer = APIClient(raise_request_exception=False).post(
        f"/api/auth/{path}", body or {}, format="json", headers=headers
    )
    return answer.status_code, answer.json() if answer.content else None


def bearer(token: str) -> APIClient:
    """A client that sends this token or key."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def is_good(token: str) -> bool:
    """Whether an access token or a key lets its holder in."""
    status = bearer(token).get("/api/auth/me").status_code
    assert status in (200, 401)
    return status == 200
