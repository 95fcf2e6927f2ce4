"""How a log-in begins, is renewed, and ends."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.utils import timezone

from accounts import tokens
from accounts.exceptions import AuthenticationFailed
from accounts.models import LogIn, OneTimeSecret, Purpose, User
from accounts.origin import NOWHERE, Origin

logger = logging.getLogger(__name__)

REUSED = (
    "This refresh token was used before, perhaps by somebody who stole it. "
    "Its log-in has been ended. Log in again."
)


def begin(user: User, means: LogIn.Means, origin: Origin = NOWHERE) -> tokens.Pair:
    """The first pair of a new log-in."""
    now = timezone.now()
    log_in = LogIn.objects.create(
        user=user,
        token_version=user.token_version,
        means=means,
        renewed_at=now,
        expires_at=now + lifetime(),
        address=origin.address,
        user_agent=origin.user_agent,
    )
    return tokens.sign(user_id=user.pk, family=log_in.family, generation=1, at=now)


def begin_with_link(secret: str, origin: Origin = NOWHERE) -> tokens.Pair:
    """Spend the secret of a log-in link; raises AuthenticationFailed."""
    link = OneTimeSecret.spend(purpose=Purpose.LOGIN, secret=secret)
    if link is None:
        raise AuthenticationFailed(
            "This link was used, has expired or was ended. Ask for a new one."
        )
    update_last_login(User, link.user)
    return begin(link.user, LogIn.Means.LINK, origin)


def renew(raw: str) -> tokens.Pair:
    """
    The next pair for a refresh token; raises AuthenticationFailed if it has become invalid.

    A token that was spent less than 30 s ago gives its one successor again: the answer was lost, or
    two tabs asked at once. One that was spent longer ago ends its log-in.
    """
    token = tokens.decode(tokens.RefreshToken, raw)
    generation: int = token[tokens.GENERATION]
    log_in = find(token[tokens.FAMILY])
    if generation == log_in.generation:
        if (pair := _next(log_in)) is not None:
            return pair
        log_in = find(log_in.family)  # somebody was first
    if (spent_at := log_in.spent_at(generation)) is not None:
        return tokens.sign(
            user_id=log_in.user_id, family=log_in.family, generation=generation + 1, at=spent_at
        )
    logger.warning("Refresh token used again", extra={"user_id": log_in.user_id})
    end(log_in.family)
    raise AuthenticationFailed(REUSED)


def find(family: str) -> LogIn:
    """The live log-in of a family, with its user; raises AuthenticationFailed."""
    log_in = LogIn.objects.select_related("user").filter(family=family).first()
    if log_in is not None and not log_in.user.is_active:
        raise AuthenticationFailed("The user of this log-in is not active.")
    if log_in is None or not log_in.is_live():
        raise AuthenticationFailed("This log-in was ended. Log in again.")
    return log_in


def family_of(raw: str) -> str:
    """Which log-in a refresh token belongs to, spent or not; raises AuthenticationFailed."""
    family: str = tokens.decode(tokens.RefreshToken, raw)[tokens.FAMILY]
    return family


def end(family: str) -> None:
    """End one log-in: its tokens, its tickets, its sockets."""
    LogIn.objects.filter(family=family).end()


@contextmanager
def standing(user: User, family: str) -> Iterator[None]:
    """
    A transaction of a log-in that has not ended; raises AuthenticationFailed.

    To hash a password takes its time: who ends the user's log-ins meanwhile comes first, and who
    does so while this lasts waits.
    """
    with transaction.atomic():
        user.locked()
        find(family)
        yield


def lifetime() -> timedelta:
    """Of a refresh token, and so of a log-in that nobody renews."""
    return cast(timedelta, settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"])


def _next(log_in: LogIn) -> tokens.Pair | None:
    """Spend the newest refresh token; None if somebody did so since `log_in` was read."""
    now = timezone.now()
    spent = log_in.spent_with(log_in.generation, now)
    # Own columns only, so that PostgreSQL looks at them again after waiting for another writer.
    newest = LogIn.objects.filter(pk=log_in.pk, generation=log_in.generation, ended_at=None)
    generation = log_in.generation + 1
    changes = {"generation": generation, "spent": spent, "renewed_at": now}
    if not newest.update(**changes, expires_at=now + lifetime()):
        return None
    return tokens.sign(user_id=log_in.user_id, family=log_in.family, generation=generation, at=now)
