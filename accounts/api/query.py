"""Query strings, checked as bodies are: by a serializer, which is their schema too."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer


def query(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """The fields of `kind` in the query string; an empty one counts as absent."""
    serializer = kind(data=request.query_params)
    serializer.is_valid(raise_exception=True)
    given: dict[str, Any] = serializer.validated_data
    return given
