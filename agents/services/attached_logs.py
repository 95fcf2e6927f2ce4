"""Logs that come with a message: set aside when it is accepted, removed when they are old."""

import hashlib
import logging
import shutil
import uuid
from collections.abc import Mapping, Set
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from accounts.models import User
from agents.engine.attached import LOGS, MOST_PARTS, Reference
from agents.models import Dataset
from agents.services.datasets import cleaned_name

logger = logging.getLogger(__name__)

UNNAMED = "Session log"
ABANDONED = timedelta(days=1)  # no run waits so long for its logs, or reads what was replaced


class _Part(BaseModel):
    """What clients say of a part of a log that they send in several messages."""

    model_config = ConfigDict(extra="ignore")

    chunk_index: int = Field(ge=0, lt=MOST_PARTS)
    total_chunks: int = Field(ge=1, le=MOST_PARTS)
    file_hash: str = Field(min_length=1, max_length=200)
    file_name: str | None = Field(None, max_length=1000)


def set_aside(user: User, context: dict[str, Any]) -> dict[str, Any]:
    """
    The context of a run without the logs that came with it: they become a file, read by a worker.

    Logs are a list of objects or lines, or a text of lines; empty ones are as none. With
    `agent_context.chunk_metadata` they are a part of a log whose other parts come with other runs.
    """
    if LOGS not in context or _is_reference(context[LOGS]):  # of a run that is started again
        return context
    rest = {name: value for name, value in context.items() if name != LOGS}
    content = _content(context[LOGS])
    if not content.strip():
        return rest
    reference = _reference(context, content)
    written = Path(settings.ATTACHED_DIR) / f"{uuid.uuid4().hex}.new"
    written.write_bytes(content)
    written.rename(reference.file(user.pk))  # whole, or not at all
    return {**rest, LOGS: reference.model_dump()}


def remove_old(now: datetime) -> int:
    """
    Remove the data sets of attached logs after NETRA_RETENTION_DAYS (with 0 of them never), folders
    that newer ones have replaced, and logs that no run has read. Returns how many data sets were.
    """
    removed = 0
    if settings.RETENTION_DAYS:
        limit = now - timedelta(days=settings.RETENTION_DAYS)
        for row in Dataset.objects.filter(created_at__lt=limit).exclude(source_key=""):
            row.delete()
            removed += 1
    used = {row.directory.name for row in Dataset.objects.only("id", "folder")}
    _remove_leftovers(Path(settings.DATASETS_DIR), now, used)
    _remove_leftovers(Path(settings.ATTACHED_DIR), now, set())
    return removed


def _remove_leftovers(home: Path, now: datetime, used: Set[str]) -> None:
    """What nobody uses, and is so old that nobody is about to."""
    latest = (now - ABANDONED).timestamp()
    for path in home.iterdir() if home.is_dir() else ():
        if path.name in used or path.stat().st_mtime > latest:
            continue
        logger.info("Removing a leftover", extra={"path": path.name})
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _is_reference(logs: Any) -> bool:
    try:
        Reference.model_validate(logs)
    except ValidationError:
        return False
    return True


def _content(logs: Any) -> bytes:
    if isinstance(logs, str):
        return f"{logs}\n".encode()
    items = logs if isinstance(logs, list) else [logs]
    return b"".join(_line(item) + b"\n" for item in items if item not in (None, ""))


def _line(item: Any) -> bytes:
    return item.encode() if isinstance(item, str) else to_json(item)


def _reference(context: Mapping[str, Any], content: bytes) -> Reference:
    part = _part(context)
    told = part.file_name if part and part.file_name else _source_file(context[LOGS])
    name = cleaned_name((told or "").replace("\\", "/").rsplit("/", 1)[-1]) if told else UNNAMED
    state = hashlib.sha256(content).hexdigest()
    if part and part.total_chunks > 1:  # else nothing has to be found again by its hash
        state = f"{part.file_hash} {part.total_chunks} {name}"
    return Reference(
        name=name,
        key=_digest(f"name {name}" if told else f"content {state}"),
        content=_digest(state),
        part=part.chunk_index if part else 0,
        parts=part.total_chunks if part else 1,
    )


def _part(context: Mapping[str, Any]) -> _Part | None:
    """None where nothing of use is told."""
    agent_context = context.get("agent_context")
    told = agent_context.get("chunk_metadata") if isinstance(agent_context, dict) else None
    try:
        part = _Part.model_validate(told)
    except ValidationError:
        return None
    return part if part.chunk_index < part.total_chunks else None


def _source_file(logs: Any) -> str | None:
    """The name that all lines say they come from."""
    items = logs if isinstance(logs, list) else []
    names = {item.get("_source_file") for item in items if isinstance(item, dict)}
    name = names.pop() if len(names) == 1 else None
    return name if isinstance(name, str) and name.strip() else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
