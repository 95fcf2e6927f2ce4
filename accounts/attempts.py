"""Log-in with a password, and who has tried too often. django-axes counts the failures."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.exceptions import AuthenticationFailed, TooManyAttempts
from accounts.models import User
from accounts.names import named
from accounts.origin import address_of, neighbourhood_of

REFUSED = "There is no active user with this name and password."
LOCKED_OUT = "Too many failed log-ins. Wait, or ask an administrator for a log-in link."


def log_in(request: Request, *, login: str, password: str) -> User:
    """
    The active user of this name or e-mail address and password.

    Raises AuthenticationFailed, with one text and after one time whatever was wrong, and
    TooManyAttempts when this address has failed with this name too often.
    """
    # The request goes to axes, which notes on it what it thinks of it.
    asked: Any = request
    user = authenticate(asked, username=one_name(login), password=password)
    if isinstance(user, User) and _may_still(user):
        user_logged_in.send(sender=User, request=asked, user=user)
        return user
    if getattr(request, "axes_locked_out", False):
        raise TooManyAttempts(LOCKED_OUT, settings.AXES_COOLOFF_TIME)
    raise AuthenticationFailed(REFUSED)


def _may_still(user: User) -> bool:
    """Whether nobody has deleted, deactivated or logged out the user while we hashed."""
    stored = User.objects.filter(pk=user.pk, token_version=user.token_version, is_active=True)
    return stored.exists()


def one_name(login: str) -> str:
    """The one name of whom it means: failures with each way to write it count together."""
    known = named(login)
    return known.username if known is not None else login


def counted_address(request: HttpRequest) -> str | None:
    """Under which address axes counts a failure."""
    address = address_of(request)
    return neighbourhood_of(address) if address is not None else None


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """Under which name axes counts a failure."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return name.lower()[:254] if isinstance(name, str) else None
