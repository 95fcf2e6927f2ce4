"""API keys: made, shown once, revoked."""

import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.exceptions import KeyNotFound, TooManyKeys
from accounts.models import ApiKey, User, digest_of
from accounts.scopes import Scope

KEYS_PER_USER = 50  # that are live; who needs more has lost count of them
HINT_LENGTH = len(ApiKey.PREFIX) + 4


@transaction.atomic
def create_key(
    *, user: User, name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """
    A new key of the user's, and its text (49 characters), which is kept nowhere.

    Raises TooManyKeys for a user who has 50 already.
    """
    user.locked()  # of several at once, each counts those before it
    if ApiKey.objects.live().filter(user=user).count() >= KEYS_PER_USER:
        raise TooManyKeys(f"You have {KEYS_PER_USER} API keys. Revoke one that you do not use.")
    text = ApiKey.PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        user=user,
        token_version=user.token_version,
        name=name,
        digest=digest_of(text),
        hint=text[:HINT_LENGTH],
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    return key, text


def revoke_key(*, user: User, key_id: int) -> None:
    """End a key and what it has open; again changes nothing. Raises KeyNotFound."""
    own = ApiKey.objects.filter(user=user, pk=key_id)
    if not own.exists():
        raise KeyNotFound(f"You have no API key {key_id}.")
    own.end()
