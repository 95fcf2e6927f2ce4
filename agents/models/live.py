"""Spans that applications report while they run: one data set of each user, and what is new."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from agents.models.dataset import Dataset

KEY_LENGTH = 32 + 1 + 16  # of `trace:span`


class LiveTraces(models.Model):
    """
    The data set that a user's applications report to, and what was passed over on the way.

    Whoever adds to the data set, or counts it anew, holds this row.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="live_traces"
    )
    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="live")
    spans = models.PositiveBigIntegerField(default=0, help_text="all that could be read")
    others = models.PositiveBigIntegerField(default=0, help_text="no requests to a model")
    repeating = models.PositiveBigIntegerField(default=0, help_text="around another one")
    duplicates = models.PositiveBigIntegerField(default=0, help_text="sent again")

    class Meta:
        verbose_name = verbose_name_plural = "live traces"

    def __str__(self) -> str:
        return f"Live traces of {self.user_id}"


class StagedSpan(models.Model):
    """A request that is in no part file yet, as JSON by normalised column."""

    dataset = models.ForeignKey(
        Dataset, on_delete=models.CASCADE, related_name="staged", db_index=False
    )
    request_id = models.CharField(max_length=KEY_LENGTH, help_text="trace:span")
    around = models.CharField(
        max_length=KEY_LENGTH, blank=True, help_text="the outermost span known around it"
    )
    row = models.TextField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "request_id"], name="span_staged_once")
        ]
        indexes = [
            models.Index(fields=["dataset", "id"], name="staged_in_order"),
            models.Index(
                fields=["dataset", "around"],
                condition=~models.Q(around=""),
                name="staged_within",
            ),
        ]

    def __str__(self) -> str:
        return self.request_id


@receiver(pre_delete, sender=Dataset)
def hold_live(instance: Dataset, **_: Any) -> None:
    """Nobody adds to a data set while it is deleted; its new rows would be in the way."""
    LiveTraces.objects.select_for_update().filter(dataset=instance).first()
