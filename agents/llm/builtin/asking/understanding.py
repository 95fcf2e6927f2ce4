"""Reads a question in English."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.analytics.groups import CALENDAR
from agents.analytics.naming import NamedValue
from agents.analytics.period.questions import mentions, unread_times
from agents.llm.builtin.asking import caveats
from agents.llm.builtin.asking.following import continued
from agents.llm.builtin.asking.grouping import groups_in
from agents.llm.builtin.asking.request import ALL, Request
from agents.llm.builtin.asking.restrictions import TAKEN, Restrictions, restrictions_in
from agents.llm.builtin.asking.spelling import corrected
from agents.llm.builtin.asking.statistics import statistics_in
from agents.llm.builtin.asking.vocabulary import CHANGED, METRICS, PATTERNS, Topic

LONGEST_QUESTION = 4000  # characters that are read; what follows is pasted material
MOST_PERIODS = 3
BEFORE: dict[tuple[str, ...], str] = {
    ("today",): "yesterday",
    ("yesterday",): "day before yesterday",
    ("this week",): "last week",
    ("this month",): "last month",
}
"""What a period is compared with when the question is whether something has changed."""

_UNWANTED = re.compile(
    r"\b(?:don'?t|do not|never mind|no need to|not interested in|forget|leave out|skip)\b"
    r"[^.?!,;]*?(?=[.?!,;]|\b(?:but|only|just)\b|$)",
    re.IGNORECASE,
)


def understand(
    question: str,
    named: Sequence[NamedValue] = (),
    before: Request | None = None,
    dataset: str = "",
) -> Request:
    """
    Read a question; everything in it that is not about usage logs is passed over.

    `named` are the values of the data that stand in it, `before` is the request of the question
    before, to which a follow-up such as "and by feature?" refers, `dataset` the name of the data
    set, which may stand in the question too.
    """
    text = " ".join(question[:LONGEST_QUESTION].replace("\u2019", "'").split())
    text, corrections = corrected(text, " ".join(value.said for value in named))
    plain = text.lower()
    timed = _without_names(_UNWANTED.sub(TAKEN, text), named)  # "March" is no march
    periods = tuple(dict.fromkeys(mentions(timed)))[:MOST_PERIODS]
    unread = unread_times(timed)
    rest = _UNWANTED.sub(TAKEN, plain)
    for phrase in (*periods, *unread):
        rest = rest.replace(phrase.lower(), TAKEN, 1)
    restrictions = restrictions_in(rest, named)
    rest = restrictions.rest
    groups, unknown = groups_in(rest)
    groups = tuple(dict.fromkeys((*restrictions.groups, *groups)))
    topics, left = _topics(rest, restrictions)
    request = Request(
        topics=topics,
        groups=groups[: caveats.MOST_GROUPS],
        periods=periods or ALL,
        # A switch is sought among all models of the log, not only those of what is moved.
        where=() if restrictions.target else restrictions.where,
        statistics=statistics_in(rest),
        absent=tuple(name for name in restrictions.absent if name not in dataset.lower()),
        words=plain,
    )
    request = _settled(continued(request, before))
    sentences = (
        *caveats.of_corrections(corrections),
        *caveats.of_times(unread, request),
        *caveats.of_groups(unknown, groups),
        *caveats.of_limits(plain, restrictions),
        *caveats.of_count(left, request),
    )
    return replace(request, caveats=(*request.caveats, *sentences))


def _without_names(text: str, named: Sequence[NamedValue]) -> str:
    """The question without the values of the data in it, in which dates may stand."""
    for said in {value.said for value in named}:
        text = re.sub(re.escape(said), TAKEN, text, flags=re.IGNORECASE)
    return text


def _topics(rest: str, restrictions: Restrictions) -> tuple[frozenset[Topic], str]:
    """The topics, and what of the question none of them explains."""
    topics = set[Topic]()
    left = rest
    for pattern, meant in PATTERNS:
        left, count = pattern.subn(TAKEN, left)
        if count:
            topics.update(meant)
    if restrictions.target is not None:
        topics.add(Topic.SAVINGS)
    return frozenset(topics), left


def _settled(request: Request) -> Request:
    """Topics that follow from one another, or that others make needless."""
    topics = set(request.topics)
    is_one_error = any(condition.column in ("error", "outcome") for condition in request.where)
    if is_one_error and (not topics or Topic.ERRORS in topics):
        topics = topics - {Topic.ERRORS} | {Topic.COUNT}
    if not topics & (set(METRICS) | {Topic.COST}) and request.statistics.names:
        topics.add(Topic.LATENCY)
    if len(topics) > 1:
        topics.discard(Topic.OVERVIEW)
    if topics & set(METRICS):
        topics.discard(Topic.COUNT)  # every measurement counts
    if not topics and (request.where or request.groups or request.periods != ALL):
        topics.add(Topic.OVERVIEW)
    if not topics and request.absent:
        topics.add(Topic.OVERVIEW)
    request = replace(request, topics=frozenset(topics))
    if (earlier := BEFORE.get(request.periods)) and CHANGED.search(request.words):
        groups = tuple(group for group in request.groups if group not in CALENDAR)
        return replace(request, periods=(*request.periods, earlier), groups=groups)
    return request
