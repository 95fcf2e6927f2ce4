"""The periods that a question names, and what it says of time that names none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from agents.analytics.period.forms import FORMS
from agents.analytics.period.senses import OTHER, bounded
from agents.analytics.period.unread import UNREAD, is_misspelled

_DAY_BEFORE = r"(?:(?<=[,;] )|(?<=and )|(?<=but )|(?<=vs )|(?<=than ))(?:the )?day before(?: that)?"
_YESTERDAY = re.compile(r"(?:\w+ )?yesterdays?", re.IGNORECASE)
_PREVIOUS = re.compile(r"\bprevious\b", re.IGNORECASE)
_LAST = re.compile(r"\b(?:last|past|latest|yesterday)", re.IGNORECASE)
_WORD = bounded("[a-z]+")


class _Sense(Enum):
    """In which sense words are used; of equally long readings the first counts."""

    PERIOD = 1
    DAY_BEFORE = 2  # a period only together with "yesterday"
    UNREAD = 3
    OTHER = 4


_OTHER_SENSES = (
    (_Sense.DAY_BEFORE, (_DAY_BEFORE,)),
    (_Sense.UNREAD, UNREAD),
    (_Sense.OTHER, OTHER),
)


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    text: str
    sense: _Sense

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def mentions(question: str) -> list[str]:
    """
    The periods that a question names, in its order and in lower case, such as `since tuesday`.

    They do not overlap; where several readings begin, the longest counts. `parse` understands
    each, and raises InvalidInput only for what is wrong with its dates.
    """
    return [one.text.lower() for one in _scan(_plain(question)) if one.sense is _Sense.PERIOD]


def unread_times(question: str) -> list[str]:
    """The words of a question that speak of time and are in none of its `mentions`."""
    text = _plain(question)
    found = _scan(text)
    unread = [one for one in found if one.sense is _Sense.UNREAD] + _misspelled(text, found)
    return list(dict.fromkeys(one.text for one in sorted(unread, key=lambda one: one.start)))


def _plain(question: str) -> str:
    return " ".join(question.split()).replace("\u2019", "'")


def _scan(text: str) -> list[_Found]:
    """Everything that speaks of time: at each place the longest, none overlapping another."""
    readings = list(_readings(text))
    upcoming = [(pattern.search(text), pattern, sense) for pattern, sense in readings]
    found: list[_Found] = []
    position = 0
    while True:
        upcoming = [
            (match if match.start() >= position else pattern.search(text, position), pattern, sense)
            for match, pattern, sense in upcoming
            if match
        ]
        matches = [(match, sense) for match, _, sense in upcoming if match]
        if not matches:
            return found
        match, sense = min(matches, key=lambda one: (one[0].start(), -one[0].end(), one[1].value))
        found.append(_in_context(_Found(match.start(), match.group(), sense), found))
        position = match.end()


def _in_context(one: _Found, before: list[_Found]) -> _Found:
    """What may count from another period, in the sense that it has after what came `before`."""
    if one.sense is _Sense.DAY_BEFORE:
        has_yesterday = any(_YESTERDAY.fullmatch(other.text) for other in before)
        return replace(one, sense=_Sense.PERIOD if has_yesterday else _Sense.UNREAD)
    # After "last week" the previous one is another week; alone it is the last one.
    if one.sense is _Sense.PERIOD and _PREVIOUS.search(one.text):
        is_another = any(_LAST.search(o.text) for o in before if o.sense is _Sense.PERIOD)
        return replace(one, sense=_Sense.UNREAD) if is_another else one
    return one


def _readings(text: str) -> Iterator[tuple[re.Pattern[str], _Sense]]:
    for form in FORMS:
        if form.is_in(text):
            yield form.pattern, _Sense.PERIOD
    for sense, patterns in _OTHER_SENSES:
        for pattern in patterns:
            yield bounded(pattern), sense


def _misspelled(text: str, found: list[_Found]) -> list[_Found]:
    """Words outside of what was `found` that are nearly those of a period."""
    words = [
        word
        for word in _WORD.finditer(text)
        if not any(one.start < word.end() and word.start() < one.end for one in found)
    ]
    candidates = [_Found(word.start(), word.group(), _Sense.UNREAD) for word in words]
    candidates += [
        _Found(one.start(), f"{one.group()} {other.group()}", _Sense.UNREAD)
        for one, other in pairwise(words)
        if one.end() + 1 == other.start()
    ]
    return [candidate for candidate in candidates if is_misspelled(candidate.text)]
