"""The two kinds of JWT that Netra signs; the database knows whether they still prove anything."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.exceptions import TokenError

from accounts.exceptions import AuthenticationFailed

FAMILY = "family"  # shared by all tokens that descend from one log-in
GENERATION = "generation"  # of a refresh token within its family
USER = "user_id"


class AccessToken(tokens.AccessToken):
    """Proves who calls, for minutes. Under 700 bytes: one client sends seven in one header line."""


class RefreshToken(tokens.RefreshToken):
    """Buys the next pair, once."""


@dataclass(frozen=True, slots=True)
class Pair:
    access: str
    refresh: str


def sign(*, user_id: int, family: str, generation: int, at: datetime) -> Pair:
    """
    A pair for a log-in. The refresh token is as old as `at`, to the second.

    Of one generation there is one refresh token: signed again, it is the same, letter by letter.
    """
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token[USER], token[FAMILY] = str(user_id), family
    refresh[GENERATION] = generation
    refresh["jti"] = f"{family}.{generation}"
    refresh.set_iat(at_time=at)
    refresh.set_exp(from_time=at)
    return Pair(access=str(access), refresh=str(refresh))


def decode(kind: type[Any], raw: str) -> Any:
    """The verified token of `kind`; raises AuthenticationFailed, saying what is wrong with it."""
    try:
        token = kind(raw)
    except (TokenError, UnicodeError) as error:
        raise AuthenticationFailed(
            f"The {kind.token_type} token is not valid ({error}). Log in again."
        ) from error
    expected = {FAMILY: str, USER: str, "exp": int}
    if kind is RefreshToken:
        expected[GENERATION] = int
    if any(not isinstance(token.get(claim), type_) for claim, type_ in expected.items()):
        raise AuthenticationFailed(f"The {kind.token_type} token is not one of ours. Log in again.")
    # The leeway in the settings is for the beginning: of two servers one has the earlier clock, and
    # takes a token of the other's for one of the future. The end stays where the token has it.
    if token["exp"] <= datetime.now(UTC).timestamp():
        raise AuthenticationFailed(f"The {kind.token_type} token has expired. Log in again.")
    return token
