"""What applications report while they run: stored at once, each request once, and then counted."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from pydantic_core import from_json, to_json

from accounts.exceptions import AuthenticationFailed
from accounts.models import User
from accounts.statements import Insert
from agents import dispatch
from agents.analytics.live import Held, held_in, profile_of
from agents.analytics.profile import Profile
from agents.analytics.readers.dialects.otel.counting import Batch, Call, tell
from agents.analytics.readers.dialects.otel.dialect import not_counted
from agents.analytics.schema import IS_ERROR
from agents.exceptions import StagingFull
from agents.models import Dataset, LiveTraces, StagedSpan
from agents.models.dataset import LIVE_FORMAT

logger = logging.getLogger(__name__)

NAME = "Live traces"
ROWS_PER_STATEMENT = 500  # keys in one question; SQLite takes a limited number of values

Row = dict[str, Any]

SPANS = Insert(StagedSpan, "dataset", "request_id", "around", "row")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the requests of a batch."""

    new: int
    known: int  # sent before
    staged: int  # rows of the data set that are in no part file yet


def take(*, user: User, batch: Batch) -> Taken:
    """
    Store the requests that are new, and count the rest.

    They are read with the user's live data set as soon as this returns. Raises StagingFull when
    too many wait to be folded already.
    """
    with transaction.atomic():
        live = _held(user)
        taken = _store(live, batch)
        if taken.staged > settings.STAGED_SPANS_LIMIT:
            raise StagingFull("Too many spans wait to be stored. Send these again later.")
    rows = settings.FOLDED_SPANS
    if taken.staged // rows > (taken.staged - taken.new) // rows:
        dispatch.dispatch_fold(live.dataset_id)
    return taken


def counted_anew(live: LiveTraces, held: Held) -> None:
    """Store what the data set of `live`, whose row the caller holds, holds now."""
    row = live.dataset
    profile = profile_of(held, LIVE_FORMAT, row.skipped_rows, _sentences(live))
    row.rows, row.profile = held.rows, profile.model_dump(mode="json")
    row.save(update_fields=["rows", "profile", "skipped_rows", "size_bytes"])


def _held(user: User) -> LiveTraces:
    """The user's row, which nobody else has until the transaction ends; made if need be."""
    rows = LiveTraces.objects.select_for_update(of=("self",)).select_related("dataset")
    found = rows.filter(user=user).first()
    if found is not None:
        return found
    if user.locked() is None:  # of several requests at once, one makes it
        raise AuthenticationFailed("This account was deleted.")
    found = rows.filter(user=user).first()
    if found is not None:
        return found
    profile = profile_of(Held(), LIVE_FORMAT, 0, ())
    dataset = Dataset.objects.create(
        user=user,
        name=NAME,
        format=LIVE_FORMAT,
        size_bytes=0,
        rows=0,
        profile=profile.model_dump(mode="json"),
    )
    logger.info("Live data set made", extra={"dataset_id": str(dataset.pk)})
    return LiveTraces.objects.create(user=user, dataset=dataset)


def _store(live: LiveTraces, batch: Batch) -> Taken:
    staged = StagedSpan.objects.filter(dataset=live.dataset_id)
    known = _existing(staged, "request_id", [call.key for call in batch.calls])
    new = {call.key: call for call in batch.calls if call.key not in known}
    changes = _without_repetitions(staged, new)
    rows = [_staged(call) for call in new.values()]
    SPANS.run(
        [
            (live.dataset_id, call.key, call.around, to_json(row).decode())
            for call, row in zip(new.values(), rows, strict=True)
        ]
    )
    live.duplicates += len(known) + batch.duplicates
    if not known or new or changes.repeating:  # else all of it came before
        live.spans += len(batch.calls) - len(known) + batch.others + batch.repeating
        live.others += batch.others
        live.repeating += batch.repeating + changes.repeating
        live.dataset.skipped_rows += len(batch.bad)
    live.save()
    held = held_in(Profile.model_validate(live.dataset.profile))
    held.remove(changes.gone)
    held.add([*changes.came, *rows])
    counted_anew(live, held)
    return Taken(new=len(new), known=len(known), staged=staged.count())


@dataclass(slots=True)
class Changes:
    """What two spans of one request that came apart did to staged rows."""

    repeating: int = 0
    gone: list[Row] = field(default_factory=list)
    came: list[Row] = field(default_factory=list)


def _without_repetitions(staged: Any, new: dict[str, Call]) -> Changes:
    """
    Take the calls around others out of `new`, and out of what is staged.

    Mostly the inner span comes first, or both at once; from another process it may come later.
    """
    changes = Changes()
    inside = _grouped(_existing(staged, "around", list(new)).values())
    for key, rows in inside.items():
        outer = new.pop(key)
        changes.repeating += 1
        for row in rows:
            _tell_staged(row, outer, changes, is_only=len(rows) == 1)
    within: dict[str, list[Call]] = {}
    for call in new.values():
        within.setdefault(call.around, []).append(call)
    for key, row in _existing(staged, "request_id", [key for key in within if key]).items():
        outer = Call(key, row.around, from_json(row.row))
        for call in within[key]:
            tell(call, outer, is_only=len(within[key]) == 1)
        changes.repeating += 1
        changes.gone.append(outer.row)
        row.delete()
    return changes


def _tell_staged(row: StagedSpan, outer: Call, changes: Changes, *, is_only: bool) -> None:
    call = Call(row.request_id, row.around, from_json(row.row))
    changes.gone.append(dict(call.row))
    tell(call, outer, is_only=is_only)
    changes.came.append(call.row)
    row.row = to_json(call.row).decode()
    row.save(update_fields=["row"])  # it stays around: what is sent again is known by it


def _grouped(rows: Iterable[StagedSpan]) -> dict[str, list[StagedSpan]]:
    groups: dict[str, list[StagedSpan]] = {}
    for row in rows:
        groups.setdefault(row.around, []).append(row)
    return groups


def _existing(staged: Any, name: str, values: Sequence[str]) -> dict[str, StagedSpan]:
    """The staged rows with one of these values in the column `name`, by their keys."""
    found: dict[str, StagedSpan] = {}
    for start in range(0, len(values), ROWS_PER_STATEMENT):
        some = values[start : start + ROWS_PER_STATEMENT]
        for row in staged.filter(**{f"{name}__in": some}):
            found[row.request_id] = row
    return found


def _staged(call: Call) -> Row:
    """The row as it is staged: with what the reader of a file would derive."""
    return {**call.row, IS_ERROR.name: call.row["status"] == "error"}


def _sentences(live: LiveTraces) -> list[str]:
    return list(not_counted(live.spans, live.others, live.repeating, live.duplicates))
