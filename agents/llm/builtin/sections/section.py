"""What a section of a report is, and what several of them need."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.analytics.groups import GroupBy, LeftOut
from agents.analytics.wording import counted
from agents.llm.builtin.formatting import name


@dataclass(frozen=True, slots=True)
class Section:
    """`lead` stands at the top of the report; `blocks` are Markdown, in order, further down."""

    lead: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


def joined(sections: Sequence[Section]) -> list[str]:
    """All leads in one paragraph at the top, then the blocks. What is said twice is said once."""
    lead = dict.fromkeys(sentence for section in sections for sentence in section.lead)
    blocks = dict.fromkeys(block for section in sections for block in section.blocks)
    return [*([" ".join(lead)] if lead else []), *blocks]


def group_name(by: GroupBy, key: str) -> str:
    """Times are our own words; models, features and users are data."""
    return key if by in ("hour", "day") else name(key)


def left_out(by: GroupBy, rest: LeftOut | None) -> list[str]:
    """A sentence for the groups that a table does not list."""
    if rest is None:
        return []
    which = "earlier" if by in ("hour", "day") else "smaller"
    groups = counted(rest.groups, by)
    return [f"{groups} ({which}, {counted(rest.requests, 'request')}) are not listed."]
