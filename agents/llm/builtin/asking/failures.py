"""Kinds of failure that people name in their own words: "rate limits", "timeouts"."""

import re
from collections.abc import Iterator, Sequence

from agents.analytics.naming import NamedValue

_KINDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"rate.?limit\w*|too many requests|throttl\w+",
        r"time.?outs?|timed.?out",
        r"overload\w*|capacity",
        r"content.?(?:filter|policy)\w*|safety",
        r"context.?(?:length|window)\w*",
        r"internal(?: server)?",
        r"unavailable",
        r"auth\w*|permission\w*|forbidden",
        r"quota\w*",
        r"connection\w*",
        r"invalid",
    )
)


def kinds_of_failure(question: str, errors: Sequence[str]) -> Iterator[NamedValue]:
    """Those of `errors`, the data's own texts, that are of a kind which `question` names."""
    plain = " ".join(question.lower().split())
    for kind in _KINDS:
        if (said := kind.search(plain)) is None:
            continue
        for error in errors:
            if kind.search(error.lower().replace("_", " ")):
                yield NamedValue(column="error", value=error, said=said.group())
