"""What two versions of an agent do differently, field by field and line by line."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.admin.sections import plain
from agents.admin.wording import readable
from agents.models import AgentVersion

KINDS = {"+": "added", "-": "removed", " ": "same"}


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    lines: list[tuple[str, str]]  # added, removed or same; and the text


def differences(before: AgentVersion | None, after: AgentVersion) -> Iterator[Difference]:
    """Of the fields that differ; from nothing, if there is no version before."""
    old = before.content() if before is not None else {}
    for field, value in after.content().items():
        was, now = _lines(old.get(field)), _lines(value)
        if was != now:
            yield Difference(field.replace("_", " "), list(_marked(was, now)))


def _marked(was: list[str], now: list[str]) -> Iterator[tuple[str, str]]:
    for line in difflib.unified_diff(was, now, n=2, lineterm=""):
        if line[:3] not in ("---", "+++") and line[0] in KINDS:
            yield KINDS[line[0]], line


def _lines(value: object) -> list[str]:
    if value is None or value in ("", [], {}):
        return []
    if isinstance(value, str | list | dict):
        return plain(readable(value)).splitlines()
    return [str(value)]
