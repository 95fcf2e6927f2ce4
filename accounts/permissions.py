"""Which callers a REST view serves; API keys may only do what their scopes say."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.authentication import Session
from accounts.exceptions import PermissionDenied
from accounts.scopes import Scope

if TYPE_CHECKING:  # DRF's views import this module, by the name in its settings
    from rest_framework.views import APIView


def session_in(request: Request) -> Session | None:
    """The session that BearerAuthentication found; None for a caller who has not signed in."""
    return request.auth if isinstance(request.auth, Session) else None


class InScope(BasePermission):
    """
    Whoever calls; but an API key needs the scope `read` to look, and to change something the one
    that the view names as its `scope`, otherwise `run`.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if (session := session_in(request)) is not None:
            changes: Scope = getattr(view, "scope", Scope.RUN)
            session.require(Scope.READ if request.method in SAFE_METHODS else changes)
        return True


class IsUser(InScope):
    """Whoever has signed in."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return session_in(request) is not None and super().has_permission(request, view)


class HasLoggedIn(BasePermission):
    """Who has logged in: no API key can change the account that it belongs to."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        session = session_in(request)
        if session is not None and session.log_in is None:
            raise PermissionDenied("An API key cannot do this. Log in.")
        return session is not None


class IsStaff(BasePermission):
    """Staff; with an API key only if it has the scope `staff`."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if (session := session_in(request)) is not None:
            require_staff(session)
        return session is not None


def require_staff(session: Session | None) -> None:
    """Raise PermissionDenied for everybody else."""
    if session is None or not session.user.is_staff:
        raise PermissionDenied("Only staff may do this; with an API key, if its scopes name staff.")
