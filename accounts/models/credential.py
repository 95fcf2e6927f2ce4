"""What log-ins and API keys have in common: a user, and an end."""

import uuid
from typing import Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models.user import User, announce_end


def new_family() -> str:
    """A name for a credential and all that is made from it (32 hex digits)."""
    return uuid.uuid4().hex


Kind = TypeVar("Kind", bound="Credential")


class CredentialQuerySet(models.QuerySet[Kind]):
    def live(self) -> Self:
        """Those that still prove something, by the database's clock."""
        is_unexpired = Q(expires_at=None) | Q(expires_at__gt=Now())
        return self.filter(
            is_unexpired,
            ended_at=None,
            user__is_active=True,
            token_version=F("user__token_version"),
        )

    def end(self) -> int:
        """End those that have not ended yet, and close what they have open; returns how many."""
        users = set(self.filter(ended_at=None).values_list("user", flat=True))
        ended = self.filter(ended_at=None).update(ended_at=Now())
        for user_id in users:
            announce_end(user_id)
        return ended


class Credential(models.Model):
    """Tokens and tickets name its `family`; all of them end with it."""

    family = models.CharField(max_length=32, unique=True, default=new_family, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="%(class)ss")
    # The user's when it was made: a credential ends with all log-ins of its time.
    token_version = models.PositiveIntegerField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        abstract = True

    def is_live(self) -> bool:
        """As `live()` says, of a row whose user has been read with it."""
        is_unexpired = self.expires_at is None or self.expires_at > timezone.now()
        is_of_today = self.token_version == self.user.token_version
        return is_unexpired and self.ended_at is None and self.user.is_active and is_of_today
