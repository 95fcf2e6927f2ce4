"""What users may do with data sets: upload one, delete one; and the demo that all share."""

import csv
import logging
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.exceptions import PermissionDenied
from accounts.models import User
from agents.analytics.readers.apart import read_log
from agents.analytics.readers.watching import Watch
from agents.catalog import demo
from agents.exceptions import DatasetNotFound
from agents.models import Dataset
from agents.services.loading import Loading
from agents.tools.contents import opened_table
from agents.tools.handles import handle_of

logger = logging.getLogger(__name__)

LONGEST_NAME = 200  # characters, as the column
PREVIEW_ROWS = 20
UNNAMED = "Data set"
DEMO_FORMAT = "demo"  # tells the demo from other shared data sets
LONGEST_UPLOAD = timedelta(days=1)  # with its reading; what is older was given up
DEMO_LIFETIME = timedelta(days=1)  # then it is made again, so that it ends today


def create_dataset(
    *, user: User, file: Path, name: str, mapping: Mapping[str, Any] | None = None
) -> Dataset:
    """
    Read the usage log `file` and store it as a data set of `user`.

    Raises UnreadableFile or InvalidInput, with what to correct. On any failure, of the file or of
    the database, nothing stays behind. `file` itself is left where it is.
    """
    return _store(user=user, file=file, name=cleaned_name(name), mapping=mapping)


def delete_dataset(*, user: User, dataset_id: uuid.UUID | str) -> None:
    """
    Delete a data set of `user`, its files after the row.

    Raises DatasetNotFound for an id that the user cannot see and PermissionDenied for a shared one.
    """
    row = find_dataset(user=user, dataset_id=dataset_id)
    if row.user_id is None:
        raise PermissionDenied("This data set is shared with everyone and cannot be deleted.")
    row.delete()


def find_dataset(*, user: User, dataset_id: uuid.UUID | str) -> Dataset:
    """A data set that `user` may read; raises DatasetNotFound."""
    try:
        row = Dataset.objects.visible_to(user).filter(pk=uuid.UUID(str(dataset_id))).first()
    except ValueError:
        row = None
    if row is None:
        raise DatasetNotFound(f"There is no data set {str(dataset_id)[:80]!r} that you may see.")
    return row


def preview(*, user: User, dataset_id: uuid.UUID | str) -> list[dict[str, Any]]:
    """The first rows of a data set, by normalised column; raises DatasetNotFound."""
    row = find_dataset(user=user, dataset_id=dataset_id)
    with opened_table(handle_of(row)) as table:
        return table.rows(["*"], f"LIMIT {PREVIEW_ROWS}")


def install_demo(now: datetime) -> Dataset:
    """
    The shared demo data set, made anew when there is none or it is older than a day.

    May be called by several processes at once: the newest one stays, the others go.
    """
    newest = _demos().first()
    if newest is not None and newest.created_at > now - DEMO_LIFETIME:
        return newest
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "demo.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(demo.demo_rows(now))
        made = _store(user=None, file=file, name=demo.NAME, format_=DEMO_FORMAT)
    for other in _demos()[1:]:
        other.delete()
    return made


def remove_leftovers(now: datetime) -> None:
    """Remove uploads that a process left half done when it was killed."""
    for path in settings.FILE_UPLOAD_TEMP_DIR.iterdir():
        if path.stat().st_mtime > (now - LONGEST_UPLOAD).timestamp():
            continue
        logger.warning("Removing a leftover upload", extra={"path": path.name})
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def cleaned_name(name: str) -> str:
    """A name without control characters and needless space, never empty, of bounded length."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(printable.split())[:LONGEST_NAME].strip() or UNNAMED


def _store(
    *,
    user: User | None,
    file: Path,
    name: str,
    mapping: Mapping[str, Any] | None = None,
    format_: str | None = None,
) -> Dataset:
    row = Dataset(user=user, name=name)
    loading = Loading(row)
    with loading.failures_told():
        _fill(row, file, mapping, format_, watch=loading.progressed)
    transaction.on_commit(loading.ended)
    logger.info("Data set stored", extra={"dataset_id": str(row.pk), "rows": row.rows})
    return row


def _fill(
    row: Dataset,
    file: Path,
    mapping: Mapping[str, Any] | None,
    format_: str | None,
    *,
    watch: Watch,
) -> None:
    """Read `file` into the directory of `row`, and save it; on a failure nothing stays."""
    # What a killed process leaves is where leftovers are looked for, never among the data sets.
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as home:
        parts = Path(home) / "parts"
        profile = read_log(file, parts, mapping, watch=watch)
        row.directory.parent.mkdir(parents=True, exist_ok=True)
        parts.rename(row.directory)
    row.format = format_ or profile.format
    row.size_bytes = file.stat().st_size
    row.rows = profile.rows
    row.skipped_rows = profile.skipped_rows
    row.profile = profile.model_dump(mode="json")
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except BaseException:
        shutil.rmtree(row.directory)
        raise


def _demos() -> QuerySet[Dataset]:
    """The demo data sets, newest first; one, except while another process replaces it."""
    return Dataset.objects.filter(user=None, format=DEMO_FORMAT).order_by("-created_at", "-pk")
