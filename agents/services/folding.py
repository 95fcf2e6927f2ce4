"""Staged rows on their way into part files. Whatever dies on the way, no row is lost or twice."""

import logging
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import duckdb
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from pydantic_core import from_json

from agents.analytics import live
from agents.analytics.live import Held, held_by
from agents.analytics.parts import Contents, part_files
from agents.models import Dataset, LiveTraces, StagedSpan
from agents.models.dataset import remove_directory
from agents.services.traces import counted_anew
from agents.tools.contents import staged_rows, write_rows

logger = logging.getLogger(__name__)

LONGEST_STAGED = timedelta(minutes=5)
SUPERSEDED = timedelta(minutes=10)  # longer than any query reads what it opened
ROWS_PER_DELETE = 500
PAUSE_SECONDS = 0.005  # after each of them: commits back to back starve other processes


def fold_due() -> int:
    """
    Fold every live data set with a row that has been staged for five minutes; returns how many.

    One that cannot be folded, on a full disk say, is logged and does not keep the others waiting.
    """
    before = timezone.now() - LONGEST_STAGED
    due = LiveTraces.objects.filter(dataset__staged__received_at__lt=before).distinct()
    folded = 0
    for dataset_id in due.values_list("dataset", flat=True):
        try:
            folded += fold(dataset_id) > 0
        except (OSError, duckdb.Error):
            logger.exception("Spans not folded", extra={"dataset_id": str(dataset_id)})
    return folded


def fold(dataset_id: UUID) -> int:
    """Write the staged rows of a live data set into a part file; returns how many were staged."""
    return max(steps(dataset_id), default=0)


def steps(dataset_id: UUID) -> Iterator[int]:
    """
    `fold`, step by step: whoever goes on with none but the first few was killed there.

    The rows are read, the part file appears, the rows are deleted, the data set is counted anew.
    Who opens it reads the staged rows before the part files are listed, so that it meets each row
    once or twice, and drops the second one; so does the next fold if this one was killed. Two at
    once do no harm: one finds the name of its part taken, and leaves.
    """
    row = Dataset.objects.filter(pk=dataset_id, live__isnull=False).first()
    if row is None:
        return
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as made:
        home = Path(made).resolve()
        staged = home / "staged.jsonl"
        keys = write_rows(staged_rows(dataset_id), staged)
        if not keys:
            return
        yield len(keys)
        try:
            live.fold(_directory(row), staged, home)
        except FileExistsError:
            logger.info("Another one folds", extra={"dataset_id": str(dataset_id)})
            return
        except (FileNotFoundError, duckdb.IOException):
            if Dataset.objects.filter(pk=dataset_id).exists():
                raise
            remove_directory(_directory(row))  # it was deleted, and its files on the way
            return
    yield len(keys)
    for start in range(0, len(keys), ROWS_PER_DELETE):
        StagedSpan.objects.filter(pk__in=keys[start : start + ROWS_PER_DELETE]).delete()
        time.sleep(PAUSE_SECONDS)
        yield len(keys)
    _count_anew(row)
    live.remove_superseded(_directory(row), time.time() - SUPERSEDED.total_seconds())
    logger.info("Spans folded", extra={"dataset_id": str(dataset_id), "rows": len(keys)})
    yield len(keys)


def remove_old(now: datetime) -> int:
    """
    Remove parts of live data sets whose requests are all older than NETRA_RETENTION_DAYS.

    The newest part of each stays. With 0 days nothing is removed, ever. Returns how many parts.
    """
    if not settings.RETENTION_DAYS:
        return 0
    before = now - timedelta(days=settings.RETENTION_DAYS)
    removed = 0
    for row in Dataset.objects.filter(live__isnull=False):
        if gone := live.remove_old(_directory(row), before):
            removed += gone
            _count_anew(row)
    return removed


def _count_anew(row: Dataset) -> None:
    """Store what the data set holds, or remove the files of one that was deleted meanwhile."""
    directory = _directory(row)
    while True:
        parts = part_files(directory)
        in_parts = held_by(Contents(tuple(parts)))  # before the row is held: it takes its time
        with transaction.atomic():
            found = LiveTraces.objects.select_for_update(of=("self",)).filter(dataset=row.pk)
            held = found.select_related("dataset").first()
            if held is None:
                remove_directory(directory)
                return
            if part_files(directory) == parts:
                held.dataset.size_bytes = sum(path.stat().st_size for path in parts)
                counted_anew(held, _with_staged(row, in_parts))
                return


def _with_staged(row: Dataset, held: Held) -> Held:
    held.add([from_json(text) for _, text in staged_rows(row.pk)])
    return held


def _directory(row: Dataset) -> Path:
    return row.directory.resolve()
