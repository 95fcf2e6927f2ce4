"""Tokens that must let nobody in, of every kind that people have tried."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings

from accounts import tokens
from accounts.keys import create_key
from accounts.models import ApiKey, LogIn, User
from accounts.scopes import Scope
from tests.accounts.devices import pair_of

Claims = dict[str, Any]

FORGERIES = (
    "no algorithm",
    "no algorithm, other case",
    "another key",
    "another algorithm",
    "wrong audience",
    "no audience",
    "wrong issuer",
    "expired",
    "refresh as access",
    "no type",
    "tampered",
    "no signature",
    "no family",
    "odd family",
    "unknown family",
    "no user",
    "inactive user",
    "deleted user",
    "logged out",
    "logged out everywhere",
    "revoked key",
    "unknown key",
)


def forgeries(mallory: User, sleeper: User, ghost: User) -> dict[str, str]:
    """One of each kind. `sleeper` is deactivated and `ghost` deleted on the way."""
    pair = pair_of(mallory)
    claims: Claims = jwt.decode(pair.access, options={"verify_signature": False})

    def signed(change: Callable[[Claims], Any] = bool, **more: Any) -> str:
        body = {**claims, **more}
        change(body)
        return jwt.encode(body, settings.SIGNING_KEY, "HS256")

    made = {
        "no algorithm": unsigned(claims, "none"),
        "no algorithm, other case": unsigned(claims, "nOnE"),
        "another key": jwt.encode(claims, "k" * 64, "HS256"),
        "another algorithm": jwt.encode(claims, settings.SIGNING_KEY + "k" * 64, "HS512"),
        "wrong audience": signed(aud="elsewhere"),
        "no audience": signed(lambda body: body.pop("aud")),
        "wrong issuer": signed(iss="elsewhere"),
        "expired": expired(pair.access),
        "refresh as access": pair.refresh,
        "no type": signed(lambda body: body.pop("token_type")),
        "tampered": tampered(pair.access, claims),
        "no signature": pair.access.rpartition(".")[0] + ".",
        "no family": signed(lambda body: body.pop("family")),
        "odd family": signed(family=["a", {"b": 1}]),
        "unknown family": signed(family="f" * 32),
        "no user": signed(lambda body: body.pop("user_id")),
        "unknown key": ApiKey.PREFIX + "x" * 43,
    }
    return made | ended(mallory, sleeper, ghost)


def ended(mallory: User, sleeper: User, ghost: User) -> dict[str, str]:
    """What was good once."""
    made = {
        "inactive user": pair_of(sleeper).access,
        "deleted user": pair_of(ghost).access,
        "logged out everywhere": pair_of(mallory).access,
    }
    User.objects.filter(pk=sleeper.pk).update(is_active=False)
    ghost.delete()
    mallory.end_log_ins()
    key, made["revoked key"] = create_key(user=mallory, name="script", scopes=Scope)
    ApiKey.objects.filter(pk=key.pk).end()
    made["logged out"] = pair_of(mallory).access
    LogIn.objects.filter(user=mallory).end()
    return made


def expired(access: str) -> str:
    token = tokens.decode(tokens.AccessToken, access)
    token.set_exp(lifetime=-timedelta(seconds=1))
    return str(token)


def tampered(access: str, claims: Claims) -> str:
    head, _, signature = access.split(".")
    return f"{head}.{encoded({**claims, 'user_id': '1'})}.{signature}"


def unsigned(claims: Claims, algorithm: str) -> str:
    return f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims)}."


def encoded(part: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
