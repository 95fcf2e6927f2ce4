"""Answers of APIs that come in pages, as they were saved one after the other."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from agents.analytics.readers.dialects.base import Record, Told
from agents.analytics.wording import counted


def entries(
    records: Iterator[tuple[int, Record]],
    entries_of: Callable[[Record], Sequence[Mapping[str, Any]] | None],
    told: Told,
) -> Iterator[tuple[int, Record]]:
    """
    Each entry of each page; a record that is no page, for which `entries_of` is None, is one.

    What an earlier page holds too, as when it was fetched twice, is passed over. A last page with
    more behind it is told.
    """
    earlier: set[bytes] = set()
    repeated, has_more = 0, False
    for place, record in records:
        page = entries_of(record)
        if page is None:
            yield place, record
            continue
        has_more = bool(record.get("has_more"))
        digests = list(map(_digest, page))
        for entry, digest in zip(page, digests, strict=True):
            if digest in earlier:
                repeated += 1
            else:
                yield place, entry
        earlier.update(digests)
    if has_more:
        told.ends_early()
    if repeated:
        verb = "is" if repeated == 1 else "are"
        told.say(
            f"{counted(repeated, 'entry', 'entries')} {verb} in several pages, and counted once."
        )


def page_number(value: Any) -> int:
    """The number of a page, or of all pages; 0 for what is none."""
    return value if type(value) is int else 0


def _digest(entry: Mapping[str, Any]) -> bytes:
    text = json.dumps(entry, sort_keys=True, default=str)
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()
