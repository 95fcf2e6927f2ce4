"""
Data sets as tools see them, and which of them a user may read.

Without the agent library, whose import takes a second, so that web processes may use it too.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db.models import F

from accounts.models import User
from accounts.statements import Find, Given, column
from agents.analytics.profile import Profile
from agents.models import Dataset

READABLE = Find(
    Dataset.objects.visible_to(Given("user", column(User, "id"))).order_by(
        F("user").asc(nulls_last=True), "-created_at"
    )
)


@dataclass(frozen=True, slots=True)
class DatasetHandle:
    """A data set as tools see it."""

    id: str
    name: str
    directory: Path  # of Parquet part files with the columns of `analytics.schema`
    rows: int
    profile: Profile
    is_shared: bool
    created_at: datetime
    is_live: bool = False  # it grows, and some of its rows may be in no part file yet


def handles_for(user_id: int) -> tuple[DatasetHandle, ...]:
    """The data sets that a user may read: own ones first, newest first, then shared ones."""
    return tuple(map(handle_of, READABLE.all(user=user_id)))


def handle_of(row: Dataset) -> DatasetHandle:
    return DatasetHandle(
        id=str(row.pk),
        name=row.name,
        directory=row.directory,
        rows=row.rows,
        profile=Profile.model_validate(row.profile),
        is_shared=row.user_id is None,
        created_at=row.created_at,
        is_live=row.is_live,
    )
