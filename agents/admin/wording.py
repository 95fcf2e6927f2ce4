"""Stored values as text for people."""

import json
from datetime import timedelta
from typing import Any


def readable(value: Any) -> str:
    """Text as it is, everything else as indented JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def readable_json(text: str) -> str:
    """JSON text, indented; what is none stays as it is."""
    try:
        return readable(json.loads(text))
    except ValueError:
        return text


def duration(span: timedelta | None) -> str:
    return f"{span.total_seconds():.1f} s" if span is not None else "-"


def size(number: int) -> str:
    """Of a file, in bytes."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= scale:
            return f"{number / scale:.1f} {unit}"
    return f"{number} bytes"
