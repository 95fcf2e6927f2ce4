"""
The base of every error that a client may see, and the errors of this app.

* NetraError
  x AuthenticationFailed
  x PermissionDenied
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class NetraError(Exception):
    """An expected failure: a stable code, and a text that is safe to show and says what to do."""

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400

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


class AuthenticationFailed(NetraError):
    code = "authentication_failed"
    http_status = 401


class PermissionDenied(NetraError):
    code = "permission_denied"
    http_status = 403
