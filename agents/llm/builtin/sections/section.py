"""What a section of a report is, and what several of them need."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.analytics.extremes import Extreme
from agents.analytics.groups import CALENDAR, CYCLES, GroupBy, Groups, LeftOut
from agents.analytics.wording import counted
from agents.llm.builtin.formatting import name

_OUR_WORDS = CALENDAR | CYCLES


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


def group_noun(by: GroupBy) -> str:
    return by.replace("_", " ")


def group_name(by: GroupBy, key: str) -> str:
    """Times are our own words; models, features and users are data."""
    return key if by in _OUR_WORDS else name(key)


def extreme_of(groups: Groups[Any], figure: str) -> Extreme | None:
    return next((extreme for extreme in groups.extremes if extreme.figure == figure), None)


def contrast(
    groups: Groups[Any], figure: str, most: str, least: str, write: Callable[[float], str]
) -> Iterator[str]:
    """Which group has most and which least of a figure: `By model, a is slowest (p95 2.1 s), …`."""
    extreme = extreme_of(groups, figure)
    if extreme is None:
        return
    highest, lowest = extreme.highest, extreme.lowest
    high, low = write(float(highest.value)), write(float(lowest.value))
    by = group_noun(groups.by)
    if high == low:
        yield f"By {by} there is no difference ({high})."
        return
    ends = ((highest, most, high, "highest"), (lowest, least, low, "lowest"))
    said = [
        f"{end.tied_with + 1:,} share the {place} figure ({value})"
        if end.tied_with
        else f"{group_name(groups.by, end.key)} {words} ({value})"
        for end, words, value, place in ends
    ]
    yield f"By {by}, {said[0]}, {said[1]}."


def left_out(by: GroupBy, rest: LeftOut | None) -> list[str]:
    """A sentence for the groups that a table does not list."""
    if rest is None:
        return []
    which = "earlier" if by in CALENDAR else "more"
    noun = group_noun(by) if rest.groups == 1 else f"{group_noun(by)}s"
    requests = f" ({counted(rest.requests, 'request')})" if rest.requests else ""
    return [
        f"{rest.groups:,} {which} {noun}{requests} "
        f"{'is' if rest.groups == 1 else 'are'} not listed."
    ]
