"""Steps of drf-spectacular that are ours."""

from typing import Any


def without_slash(endpoints: list[tuple[str, Any, str, Any]]) -> list[tuple[str, Any, str, Any]]:
    """Paths as clients should write them: the slash at their end is optional."""
    return [(path.rstrip("/"), *rest) for path, *rest in endpoints]
