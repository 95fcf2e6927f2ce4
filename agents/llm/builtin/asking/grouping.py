"""Which groups a question asks for, and which it asks for in vain."""

import re

from agents.analytics.groups import GroupBy
from agents.llm.builtin.asking.vocabulary import (
    BEFORE_GROUP,
    BETWEEN_GROUPS,
    GROUP_NAMES,
    GROUP_WORDS,
    NO_GROUP,
)


def groups_in(rest: str) -> tuple[tuple[GroupBy, ...], tuple[str, ...]]:
    """The groupings that `rest` asks for, in its order, and the words for those there are not."""
    found: dict[GroupBy, int] = {}
    left = rest
    for pattern, group in GROUP_WORDS:
        if match := re.search(pattern, left):
            found.setdefault(group, match.start())
            left = _blanked(pattern, left)
    for words, group in GROUP_NAMES:
        pattern = rf"(?:{BEFORE_GROUP}|{BETWEEN_GROUPS})(?:{words})\b"
        if match := re.search(pattern, left):
            found.setdefault(group, match.start())
            left = _blanked(words, left, match.start())
    return tuple(sorted(found, key=lambda group: found[group])), _unknown_groups(left)


def _blanked(pattern: str, text: str, start: int = 0) -> str:
    """`text` with the first match from `start` on made blank, all else in its place."""
    match = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)").search(text, start)
    if match is None:
        return text
    return text[: match.start()] + "_" * len(match.group()) + text[match.end() :]


def _unknown_groups(left: str) -> tuple[str, ...]:
    pattern = (
        r"\b(?:by|per|for (?:each|every)|grouped by|split by) (?:the |our )?([a-z][a-z-]+)"
        r"(?: (type|code|tier|version|name|id)s?\b)?"
    )
    known = [re.compile(pattern) for pattern in (r"\w*_+\w*", r"\w+ing|\w+ly|\w+est")]
    return tuple(
        " ".join(filter(None, match.groups()))
        for match in re.finditer(pattern, left)
        if match[1] not in NO_GROUP and not any(form.fullmatch(match[1]) for form in known)
    )
