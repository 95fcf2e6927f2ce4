"""
Logs that came with a message, as data sets.

Who accepts a message sets its logs aside as files, so that no row holds them; a worker reads them
when the run begins. A client may send one log in several messages at once, each a part of it, and
each starts a run: every run finds all parts that have come by then. One of them reads at a time, so
that the others find it done. The same log sent again, or a longer state of it, stays one data set.
"""

import fcntl
import logging
import shutil
import tempfile
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accounts.exceptions import NetraError
from agents.analytics.readers.apart import read_log
from agents.analytics.wording import counted
from agents.exceptions import FileTooLarge, UnreadableFile
from agents.models import Dataset, Run

logger = logging.getLogger(__name__)

LOGS = "jsonl_logs"  # as clients call them
DIGEST = "^[0-9a-f]{40}$"
MOST_PARTS = 10_000  # of 2.5 MB each, which is more than any server takes
GONE = "its file is not there any more; send it again"


class Reference(BaseModel):
    """What a run's context holds in place of its logs."""

    model_config = ConfigDict(frozen=True)

    # Bounded and without signs, for a client may send what looks like one: it finds only its own.
    name: str = Field(max_length=200)
    key: str = Field(pattern=DIGEST)  # equal for what is the same log, perhaps longer by now
    content: str = Field(pattern=DIGEST)  # equal for the parts of one state of it
    part: int = Field(ge=0, lt=MOST_PARTS)
    parts: int = Field(ge=1, le=MOST_PARTS)

    def file(self, user_id: int) -> Path:
        """Where this part is until all have come; of this user alone."""
        return Path(settings.ATTACHED_DIR) / f"{user_id}-{self.content}-{self.part:05}.log"

    def files(self, user_id: int) -> dict[int, Path]:
        """All parts that are there, by number."""
        found = Path(settings.ATTACHED_DIR).glob(f"{user_id}-{self.content}-*.log")
        return {int(path.stem.rsplit("-", 1)[1]): path for path in sorted(found)}

    def lock(self, user_id: int) -> Path:
        return Path(settings.ATTACHED_DIR) / f"{user_id}-{self.key}.lock"


@dataclass(frozen=True, slots=True)
class Attached:
    """The data set that a run's logs have become, and what to say of them."""

    dataset_id: str | None = None
    notes: tuple[str, ...] = ()


def take_in(run: Run) -> Attached:
    """
    Read the logs that came with a run, if any did. Blocks for as long as that takes.

    Logs that cannot be read are no reason for the run to fail: what is wrong is a note.
    """
    try:
        reference = Reference.model_validate(run.context.get(LOGS))
    except ValidationError:
        return Attached()
    try:
        row = _stored(run, reference)
    except NetraError as error:
        return _unread(reference, error.message)
    except OSError:
        logger.exception("Attached log left", extra={"run_id": str(run.pk)})
        return _unread(reference, "the server's disk failed")
    came = len((row.source_parts or {}).get("numbers", ()))
    if came == reference.parts:
        return Attached(str(row.pk), (f"The log {row.name!r} came with the message.",))
    part = f"{came} of its {counted(reference.parts, 'part')}"
    return Attached(str(row.pk), (f"Of the log {row.name!r} {part} have come so far.",))


def _unread(reference: Reference, why: str) -> Attached:
    note = f"The log {reference.name!r} that came with the message was not read: {why}"
    return Attached(notes=(note if note.endswith(".") else f"{note}.",))


def _stored(run: Run, reference: Reference) -> Dataset:
    """The data set of the log, with all parts that have come; raises UnreadableFile."""
    with _alone(reference.lock(run.user_id)):
        known = Dataset.objects.filter(user=run.user_id, source_key=reference.key).first()
        parts = reference.files(run.user_id)
        held = _numbers(known, reference) if known else set()
        done = parts.values() if len(parts.keys() | held) == reference.parts else ()
        try:
            if known is None or not parts.keys() <= held:
                known = _replace(run, reference, known, parts)
        except NetraError:
            _remove(done)  # not fit to be read; after any other failure they are read anew
            raise
        _remove(done)
        Dataset.objects.filter(pk=known.pk).update(
            thread=run.thread_id,
            created_at=timezone.now(),  # the newest data set is the one that questions mean
        )
    return known


def _remove(files: Collection[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Of all threads and processes, one at a time for a log."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(
    run: Run, reference: Reference, known: Dataset | None, parts: Mapping[int, Path]
) -> Dataset:
    """
    Read the parts and put them in the place of what was known.

    The folder that is replaced stays for runs that read it, until it is removed as an orphan.
    """
    if not parts:
        raise UnreadableFile(GONE)
    row = known or Dataset(user_id=run.user_id, source_key=reference.key)
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as home:
        whole, made = Path(home) / "whole.jsonl", Path(home) / "parts"
        _join(parts.values(), whole)
        profile = read_log(whole, made)
        row.folder = uuid.uuid4().hex
        row.directory.parent.mkdir(parents=True, exist_ok=True)
        made.rename(row.directory)
        row.size_bytes = whole.stat().st_size
    row.name, row.format = reference.name, profile.format
    row.profile = profile.model_dump(mode="json")
    row.rows, row.skipped_rows = profile.rows, profile.skipped_rows
    row.source_parts = {"content": reference.content, "numbers": list(parts)}
    row.thread_id = run.thread_id
    row.save()
    return row


def _join(parts: Collection[Path], whole: Path) -> None:
    size = sum(part.stat().st_size for part in parts)
    if size > settings.UPLOAD_LIMIT_BYTES:
        raise FileTooLarge(f"it has {size:,} bytes, and {settings.UPLOAD_LIMIT_BYTES:,} are taken")
    with whole.open("wb") as stream:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, stream)


def _numbers(row: Dataset, reference: Reference) -> set[int]:
    """Which parts of this state of the log a data set holds."""
    parts = row.source_parts or {}
    return set(parts.get("numbers", ())) if parts.get("content") == reference.content else set()
