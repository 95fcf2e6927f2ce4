"""Secrets that are valid once."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.models.user import User


class Purpose(models.TextChoices):
    SOCKET = "socket"  # opens one WebSocket
    LOGIN = "login"  # logs in once, from a link


class OneTimeSecret(models.Model):
    """A secret that may be spent once; only its digest is kept."""

    LENGTH_BYTES: ClassVar[int] = 32

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="one_time_secrets")
    family = models.CharField(max_length=32, blank=True)
    # The user's when it was made: a secret ends with the log-ins of its time.
    token_version = models.PositiveIntegerField()
    # When the session that bought the secret ends; what the secret opens ends with it.
    session_expires_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="one_time_secret_purpose_is_known",
                condition=models.Q(purpose__in=Purpose.values),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} secret of {self.user_id}"

    @classmethod
    def issue(
        cls,
        *,
        purpose: Purpose,
        user: User,
        valid_for: timedelta,
        family: str = "",
        session_expires_at: datetime | None = None,
    ) -> str:
        """Store a new secret's digest and return the secret (43 URL-safe characters)."""
        secret = secrets.token_urlsafe(cls.LENGTH_BYTES)
        cls.objects.create(
            digest=digest_of(secret),
            purpose=purpose,
            user=user,
            family=family,
            token_version=user.token_version,
            session_expires_at=session_expires_at,
            expires_at=timezone.now() + valid_for,
        )
        return secret

    @classmethod
    def spend(cls, *, purpose: Purpose, secret: str) -> Self | None:
        """
        The stored row if `secret` is valid; of two callers at once only one gets it.

        It is valid while its user is active and no log-out everywhere has come after it.
        """
        valid = cls.objects.filter(
            expires_at__gt=timezone.now(),
            user__is_active=True,
            token_version=models.F("user__token_version"),
        )
        row = valid.select_related("user").filter(digest=digest_of(secret), purpose=purpose).first()
        if row is None:
            return None
        deleted, _ = cls.objects.filter(pk=row.pk).delete()
        return row if deleted else None


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
