"""A log-in: one person at one device, for as long as its refresh tokens are renewed."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models.credential import Credential


class LogIn(Credential):
    """
    The family of the tokens that descend from one log-in.

    A refresh token names its generation; only the newest is good for a renewal. Of those spent in
    the last 30 s it is remembered when, so that each can be answered with its one successor.
    """

    class Means(models.TextChoices):
        PASSWORD = "password"  # noqa: S105 - a way, not a secret
        LINK = "link"  # sent or handed over, valid once
        REGISTRATION = "registration"
        COMMAND = "command"  # `manage.py token`, and tests

    SUCCESSION: ClassVar[timedelta] = timedelta(seconds=30)
    SPENT_KEPT: ClassVar[int] = 20  # more renewals in 30 s are no lost answers

    means = models.CharField(max_length=12, choices=Means.choices)
    generation = models.PositiveIntegerField(default=1)
    spent = models.JSONField(default=list, help_text="[[generation, seconds since the epoch], …]")
    renewed_at = models.DateTimeField(default=timezone.now)
    user_agent = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "log-in"
        constraints = (
            models.CheckConstraint(
                name="log_in_means_is_known",
                condition=models.Q(
                    means__in=["password", "link", "registration", "command"],
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.means} log-in {self.family[:6]}"

    def spent_at(self, generation: int) -> datetime | None:
        """When a refresh token was spent, if that was less than 30 s ago."""
        at = dict(self.spent).get(generation)
        if at is None:
            return None
        spent = datetime.fromtimestamp(at, tz=timezone.get_current_timezone())
        return spent if timezone.now() - spent < self.SUCCESSION else None

    def spent_with(self, generation: int, at: datetime) -> list[list[float]]:
        """`spent` after one more, without those that are no longer of use."""
        recent = [entry for entry in self.spent if self.spent_at(int(entry[0])) is not None]
        return [*recent, [generation, at.timestamp()]][-self.SPENT_KEPT :]
