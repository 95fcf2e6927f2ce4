"""Tables below the form of a page: rows of other tables that belong to the one shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse
from django.utils.formats import localize
from django.utils.timezone import localtime

from accounts.admin.buttons import PlacedButton


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str

    @classmethod
    def to(cls, row: Model, text: str = "") -> "Link":
        """To the page of a row."""
        address = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        return cls(text or str(row), reverse(address, args=[quote(row.pk)]))

    @classmethod
    def to_list(cls, model: type[Model], text: str, **filters: object) -> "Link":
        """To the list of a model, filtered."""
        address = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        return cls(text, reverse(address, query=filters))


TEXT_SHOWN = 2_000  # characters

Cell: TypeAlias = str | Link


@dataclass(frozen=True, slots=True)
class Line:
    cells: Sequence[Cell]
    buttons: Sequence[PlacedButton] = ()


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    columns: Sequence[str]
    lines: Sequence[Line]
    more: Link | None = None  # to all of them; a section shows the newest
    empty: str = "None."
    has_buttons: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "has_buttons", any(line.buttons for line in self.lines))


@dataclass(frozen=True, slots=True)
class Text:
    """
    What somebody or something wrote: shown as it is, never as HTML, and no more than its beginning.

    `whole` is where all of it is, if that is elsewhere.
    """

    title: str
    shown: str
    whole: str = ""

    @classmethod
    def of(cls, title: str, text: str, whole: str = "") -> "Text":
        if len(text) <= TEXT_SHOWN:
            return cls(title, plain(text))
        cut = f"the first {TEXT_SHOWN:,} of {len(text):,} characters"
        return cls(f"{title} ({cut})", plain(text[:TEXT_SHOWN]), whole)


# They reorder what stands beside them, so a text could pass for another.
DIRECTIONS = {at: f"\\u{at:04x}" for at in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def plain(text: str) -> str:
    """As it is, but for characters that change the direction of writing: those are named."""
    return text.translate(DIRECTIONS)


def excerpt(text: str, length: int = 80) -> str:
    """The beginning, on one line."""
    line = " ".join(plain(text[: 4 * length]).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def when(moment: datetime | None) -> str:
    """As Django's own columns show times."""
    return str(localize(localtime(moment))) if moment is not None else "-"
