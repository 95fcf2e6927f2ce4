"""
The base of every error that a client may see, and the errors that all apps share.

* NetraError
  x InvalidInput
  x NotFound
    + KeyNotFound
  x AuthenticationFailed
  x PermissionDenied
    + Closed
  x TooManyKeys
  x TooManyAttempts
  x Unavailable
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar


class NetraError(Exception):
    """An expected failure: a stable code, and a text that is safe to show and says what to do."""

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400
    retry_after: timedelta | None = None  # when the same request may succeed

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """`{code, message, details?}`, the one shape of an error on the socket and in REST."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            body["details"] = dict(self.details)
        return body


class InvalidInput(NetraError):
    """Something given is missing or not valid; `details` says what, by field."""

    code = "invalid_input"


class NotFound(NetraError):
    """There is no such thing that the caller may see."""

    code = "not_found"
    http_status = 404


class KeyNotFound(NotFound):
    """The caller has no API key of this number."""

    code = "key_not_found"


class AuthenticationFailed(NetraError):
    """The credential is unknown, has expired, or was ended."""

    code = "authentication_failed"
    http_status = 401


class PermissionDenied(NetraError):
    """The caller, or the API key they use, may not do this."""

    code = "permission_denied"
    http_status = 403


class Closed(PermissionDenied):
    """A way in that this server does not offer."""

    code = "closed"


class TooManyKeys(NetraError):
    """The caller has as many API keys as anybody may have."""

    code = "too_many_keys"
    http_status = 409


class TooManyAttempts(NetraError):
    """Too many attempts; `Retry-After` says when to try again."""

    code = "throttled"
    http_status = 429

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(NetraError):
    """Something that this needs does not answer."""

    code = "unavailable"
    http_status = 503
    retry_after = timedelta(seconds=5)
