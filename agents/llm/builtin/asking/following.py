"""Follow-ups: questions that say only what is different from the one before."""

import re
from dataclasses import replace

from agents.llm.builtin.asking.request import ALL, Request
from agents.llm.builtin.asking.vocabulary import Topic

_ELLIPTIC = re.compile(
    r"(?:(?:and|or|but|then|ok|okay|now|so|also|please|yes)[, ]+)*"
    r"(?:and|also|only|just|same|what about|how about|what of|now|instead|the same)\b"
)
_POINTS_BACK = re.compile(
    r"\b(?:did|do|does|is|was|are|were|of|for|by|in) (?:that|those|them|these)\b"
)


def continued(request: Request, before: Request | None) -> Request:
    """A question that says only what is different now, with the rest of the one before."""
    if before is None or not before.topics:
        return request
    is_elliptic = not request.topics and (
        bool(request.where or request.groups or request.absent) or request.periods != ALL
    )
    refers = bool(_ELLIPTIC.match(request.words) or _POINTS_BACK.search(request.words))
    if not (is_elliptic or refers):
        return request
    columns = {*(condition.column for condition in request.where), *request.groups}
    kept_where = tuple(c for c in before.where if c.column not in columns)
    kept_groups = () if request.groups else tuple(g for g in before.groups if g not in columns)
    kept_periods = before.periods if request.periods == ALL else ALL
    kept_topics = before.topics if not request.topics else frozenset()
    merged = replace(
        request,
        topics=request.topics or before.topics,
        groups=request.groups or kept_groups,
        periods=kept_periods if request.periods == ALL else request.periods,
        where=(*kept_where, *request.where),
        statistics=request.statistics if request.statistics.names else before.statistics,
    )
    kept = [
        *(topic.value for topic in Topic if topic in kept_topics),
        *(f"by {group.replace('_', ' ')}" for group in kept_groups),
        *(period for period in kept_periods if period != "all"),
        *(["the same requests"] if kept_where else []),
    ]
    said = (f"I take this as a follow-up: {', '.join(kept)}.",) if kept else ()
    return replace(merged, caveats=said)
