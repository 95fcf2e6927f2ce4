"""The two kinds of JWT that Netra signs, and how a pair of them is issued and renewed."""

import uuid
from dataclasses import dataclass
from typing import Any

from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.exceptions import TokenError

from accounts.exceptions import AuthenticationFailed
from accounts.models import User

FAMILY = "family"  # shared by all tokens that descend from one log-in
VERSION = "version"  # the user's token_version when the token was signed


class AccessToken(tokens.AccessToken):
    """Proves who calls, for minutes. Under 700 bytes: one client sends seven in one header line."""


class RefreshToken(tokens.RefreshToken):
    """Buys the next pair."""

    access_token_class = AccessToken


@dataclass(frozen=True, slots=True)
class Pair:
    access: str
    refresh: str


def issue(user: User, *, family: str = "") -> Pair:
    """Sign a pair for `user`: a new family, or the next generation of `family`."""
    refresh = RefreshToken.for_user(user)
    refresh[FAMILY] = family or uuid.uuid4().hex
    refresh[VERSION] = user.token_version
    return Pair(access=str(refresh.access_token), refresh=str(refresh))


def renew(raw: str) -> Pair:
    """The next pair for a refresh token; raises AuthenticationFailed if it has become invalid."""
    token = decode(RefreshToken, raw)
    return issue(owner(token), family=token[FAMILY])


def decode(kind: type[Any], raw: str) -> Any:
    """The verified token of `kind`; raises AuthenticationFailed, saying what is wrong with it."""
    try:
        token = kind(raw)
    except (TokenError, UnicodeError) as error:
        raise AuthenticationFailed(
            f"The {kind.token_type} token is not valid ({error}). Log in again."
        ) from error
    if FAMILY not in token or VERSION not in token:
        raise AuthenticationFailed(f"The {kind.token_type} token is not one of ours. Log in again.")
    return token


def owner(token: Any) -> User:
    """The active user whom `token` names, if no log-out has ended it since."""
    try:
        user = User.objects.filter(pk=int(token.get("user_id", ""))).first()
    except ValueError:
        user = None
    if user is None or not user.is_active:
        raise AuthenticationFailed("The user of this token does not exist or is not active.")
    if user.token_version != token[VERSION]:
        raise AuthenticationFailed("This log-in was ended. Log in again.")
    return user
