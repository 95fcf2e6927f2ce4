"""The one rule for values at every door: what the database cannot store is refused."""

import math
from typing import Any


def problem_with_json(value: Any) -> str | None:
    """What inside a JSON value cannot be stored, or None. Keys are looked at too."""
    remaining = [value]
    while remaining:
        item = remaining.pop()
        if isinstance(item, str):
            if "\x00" in item:
                return "Text holds a NUL character (\\u0000). Remove it."  # PostgreSQL has no NUL
            if not item.isascii() and not _encodes(item):
                return "Text holds half of a surrogate pair, which is no character. Remove it."
        elif isinstance(item, float) and not math.isfinite(item):
            return "A number is too large."
        elif isinstance(item, dict):
            remaining.extend(item)
            remaining.extend(item.values())
        elif isinstance(item, list):
            remaining.extend(item)
    return None


def storable(text: str) -> str:
    """
    Text of a model or a tool, with what the database cannot store replaced by U+FFFD.

    Two halves of a surrogate pair beside each other are the character that they stand for.
    """
    text = text.replace("\x00", "\ufffd")
    if text.isascii() or _encodes(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
