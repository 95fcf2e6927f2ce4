"""Sentences about what was read into a question, and what of it was not understood."""

import re
from collections.abc import Iterator, Sequence

from agents.analytics.groups import GroupBy
from agents.analytics.wording import listing
from agents.llm.builtin.asking.request import ALL, Request
from agents.llm.builtin.asking.restrictions import Restrictions
from agents.llm.builtin.asking.vocabulary import IDLE, Topic

MOST_GROUPS = 2  # a question about more is answered by the first ones
MOST_WORDS = 6  # that are quoted as not understood

_FUTURE = re.compile(
    r"\bforecast\w*|\bpredict\w*|\bproject(?:ed|ion)\w*|\bwill (?:we|it|cost|be)\b|\bnext (?:week|"
    r"month|quarter|year)\b|\bextrapolat\w+|\bwhat if (?:volume|traffic)\b|\bcapacity\b"
)


def of_corrections(corrections: Sequence[tuple[str, str]]) -> Iterator[str]:
    if corrections:
        read = listing([f"“{wrong}” as “{right}”" for wrong, right in corrections])
        yield f"I read {read}."


def of_times(unread: Sequence[str], request: Request) -> Iterator[str]:
    if unread and request.topics:
        which = "all rows" if request.periods == ALL else listing(request.periods)
        phrases = listing([f"“{phrase}”" for phrase in unread])
        yield f"I do not understand the period {phrases}; the figures are for {which}."


def of_groups(unknown: Sequence[str], groups: Sequence[GroupBy]) -> Iterator[str]:
    if unknown:
        yield f"I cannot group by {listing(unknown, 'or')}."
    if len(groups) > MOST_GROUPS:
        rest = listing([group.replace("_", " ") for group in groups[MOST_GROUPS:]])
        yield f"I group by two things at most, so there is nothing here by {rest}."
    elif len(groups) == MOST_GROUPS:
        yield "I group by one thing at a time, so there are two tables."


def of_count(left: str, request: Request) -> Iterator[str]:
    """A count answers a question only if all that restricts it was understood."""
    words = [word for word in re.findall(r"[a-z'-]{2,}", left) if word not in IDLE]
    if request.topics == {Topic.COUNT} and words and not request.groups:
        phrase = " ".join(words[:MOST_WORDS])
        yield f"I do not understand “{phrase}”, so this counts requests whatever they are."


def of_limits(plain: str, restrictions: Restrictions) -> Iterator[str]:
    if _FUTURE.search(plain):
        yield "I cannot look ahead; this is what the log says of the past."
    for limit in restrictions.unclear:
        yield f"I do not know whether “{limit}” is about input or output, so I left it out."
    if restrictions.target is not None:
        yield (
            "I compare what each feature uses with the cheapest model of this log that may do its "
            "work; what another switch would save I cannot say."
        )
