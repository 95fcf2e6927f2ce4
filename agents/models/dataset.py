"""A usage log that a user uploaded, as Parquet files with normalised columns."""

import shutil
import uuid
from functools import partial
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.models import User

LIVE_FORMAT = "live-traces"
"""Of the data set that a user's applications report to, which grows while they run."""


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, user: "User | Combinable") -> Self:
        """The user's own, and those shared with everyone."""
        return self.filter(Q(user=user) | Q(user=None))


class Dataset(models.Model):
    """A usage log. Without a user it is shared, read-only, with all of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="datasets"
    )
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=40)
    size_bytes = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField()
    skipped_rows = models.PositiveBigIntegerField(default=0)
    profile = models.JSONField(help_text="columns, period, what is missing, assumptions")
    created_at = models.DateTimeField(auto_now_add=True)
    # Of a log that came with a message: which log it is, and which parts of it have come.
    source_key = models.CharField(max_length=64, blank=True)
    source_parts = models.JSONField(null=True)
    folder = models.CharField(
        max_length=32, blank=True
    )  # where not named by the id: it is replaced
    thread = models.ForeignKey(
        "agents.Thread", on_delete=models.CASCADE, null=True, related_name="datasets"
    )

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "name")
        verbose_name = "data set"
        constraints = (
            models.UniqueConstraint(
                fields=["user", "source_key"],
                condition=~Q(source_key=""),
                name="attached_log_unique_per_user",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether some of its rows may still be staged."""
        return self.format == LIVE_FORMAT

    @property
    def directory(self) -> Path:
        """Where the part files are; only this knows the layout of the data directory."""
        return Path(settings.DATASETS_DIR) / (self.folder or str(self.id))


@receiver(post_delete, sender=Dataset)
def remove_files(instance: Dataset, **_: Any) -> None:
    """
    Remove the files of a data set after its row is gone for good, whoever deleted it.

    A query that is under way keeps its open files; a later one finds the row gone.
    """
    transaction.on_commit(partial(remove_directory, instance.directory))


def remove_directory(directory: Path) -> None:
    """Remove the files of a data set that is not there any more."""
    shutil.rmtree(directory, ignore_errors=True)
