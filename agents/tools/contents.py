"""What a data set is opened with: its part files, and the rows of a live one that are in none."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.database import on_thread
from agents.analytics.filters import Condition
from agents.analytics.parts import Contents, part_files
from agents.analytics.period import ALL, Period
from agents.analytics.table import Table, open_table
from agents.exceptions import DatasetNotFound
from agents.models import Dataset, StagedSpan
from agents.tools.handles import DatasetHandle, handle_of

ROWS_AT_ONCE = 5_000


@contextmanager
def contents_of(handle: DatasetHandle) -> Iterator[Contents]:
    """
    The files to open for a data set as it is now; staged rows are in one that goes afterwards.

    Staged rows are read before part files are listed: a row that is folded meanwhile is in both,
    and `Contents.relation` drops it from one. For a thread that may block.
    """
    directory = handle.directory.resolve()
    if not handle.is_live:
        yield Contents.of(directory)
        return
    home = Path(tempfile.mkdtemp(dir=settings.FILE_UPLOAD_TEMP_DIR)).resolve()
    try:
        staged = home / "staged.jsonl"
        on_thread(write_rows, staged_rows(UUID(handle.id)), staged)
        yield Contents(tuple(part_files(directory)), staged)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def opened_table(
    handle: DatasetHandle, period: Period = ALL, where: Sequence[Condition] = ()
) -> Iterator[Table]:
    """The rows of a data set in a period that satisfy all conditions; raises as `open_table`."""
    with contents_of(handle) as contents, open_table(contents, period, where) as table:
        yield table


def as_it_is_now(handle: DatasetHandle) -> DatasetHandle:
    """A live data set grows during a run: with its rows and its profile of this moment."""
    if not handle.is_live:
        return handle
    row = on_thread(Dataset.objects.filter(pk=handle.id).first)
    if row is None:
        raise DatasetNotFound(f"The data set {handle.name!r} was deleted.")
    return handle_of(row)


def staged_rows(dataset_id: UUID) -> Iterator[tuple[int, str]]:
    """Number and JSON of every staged row, in the order in which they came."""
    rows = StagedSpan.objects.filter(dataset=dataset_id).order_by("id").values_list("id", "row")
    return rows.iterator(chunk_size=ROWS_AT_ONCE)


def write_rows(rows: Iterable[tuple[int, str]], file: Path) -> list[int]:
    """Write the rows into a file that `Contents` can have as staged; returns their numbers."""
    numbers = []
    with file.open("w", encoding="utf-8") as stream:
        for number, row in rows:
            numbers.append(number)
            stream.write(f"{row}\n")
    return numbers
