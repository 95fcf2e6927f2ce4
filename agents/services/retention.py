"""Removes the steps of runs that ended long ago. Results and what was said in a thread stay."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from agents.exceptions import Pruned
from agents.models import ModelMessage, Run, RunEvent, ToolCall

logger = logging.getLogger(__name__)

RUNS = 50  # taken up together
ROWS = 50  # removed at once, until it is known how long that takes
FEWEST_ROWS, MOST_ROWS = 10, 2_000
# How long that should take: nobody else writes to SQLite meanwhile. On two cores with a load of 11
# others' p99 was 19 ms beside it, and 93 ms with 0.01.
LOCK_SECONDS = 0.003
PAUSE_SECONDS = 0.01  # after each time: commits back to back starve other processes
LONGEST_SECONDS = 5  # a worker that shall end waits for it

Kind: TypeAlias = type[RunEvent] | type[ToolCall] | type[ModelMessage]

# In this order, and of each run its first first: what is missing there tells readers.
STEPS: Sequence[tuple[Kind, Sequence[str]]] = (
    (RunEvent, ("run_id", "seq")),
    (ToolCall, ("run_id", "response", "position")),
    (ModelMessage, ("run_id", "index")),
)


def prune_old() -> int:
    """`prune` what ended more than NETRA_RETENTION_DAYS ago; with 0 of them nothing, ever."""
    days = settings.RETENTION_DAYS
    return prune(timezone.now() - timedelta(days=days)) if days else 0


def prune(before: datetime) -> int:
    """
    Remove the events, tool calls and model messages of runs that ended before then, oldest first.

    In small transactions with pauses, for five seconds at most; the next call goes on where this
    one ended, or was killed. Returns how many runs were finished with.
    """
    end = time.monotonic() + LONGEST_SECONDS
    rows, done = ROWS, 0
    while time.monotonic() < end and (runs := _oldest(before)):
        # Looked for outside of the transaction, so that this takes no time of its own.
        found = _first_rows(runs, rows)
        is_rest = sum(map(len, found.values())) < rows
        begun = time.monotonic()
        if not _remove(runs, found, is_rest=is_rest):
            break
        rows = _fitting(rows, time.monotonic() - begun)
        done += len(runs) if is_rest else 0
        time.sleep(PAUSE_SECONDS)
    if done:
        logger.info("Steps of old runs removed", extra={"runs": done})
    return done


def pruned(run: Run) -> Pruned:
    """What to say of steps that are not there any more."""
    return Pruned(
        "The run ended so long ago that its steps were removed. Its question and its result are "
        f"at /api/runs/{run.pk}."
    )


def _oldest(before: datetime) -> list[UUID]:
    ended = Run.objects.filter(finished_at__lt=before, pruned_at=None).order_by("finished_at")
    return list(ended.values_list("pk", flat=True)[:RUNS])


def _first_rows(runs: Sequence[UUID], most: int) -> dict[Kind, list[int]]:
    """Primary keys of the rows to remove next."""
    found: dict[Kind, list[int]] = {}
    for kind, order in STEPS:
        rows: Any = kind.objects.filter(run__in=runs).order_by(*order)
        left = most - sum(map(len, found.values()))
        found[kind] = list(rows.values_list("pk", flat=True)[:left])
    return found


def _remove(runs: Sequence[UUID], found: dict[Kind, list[int]], *, is_rest: bool) -> bool:
    """Remove these rows, which are all that the runs have if `is_rest`; False if another does."""
    with transaction.atomic():
        held = Run.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=runs)
        if len(held.values_list("pk")) < len(runs):
            return False
        for kind, keys in found.items():
            kind.objects.filter(pk__in=keys).delete()
        if is_rest:
            Run.objects.filter(pk__in=runs).update(pruned_at=Now())
    return True


def _fitting(rows: int, seconds: float) -> int:
    """How many rows to remove next, if so many took so long."""
    fitting = int(rows * LOCK_SECONDS / max(seconds, LOCK_SECONDS / 2))
    return min(max(fitting, rows // 2, FEWEST_ROWS), MOST_ROWS)
