"""The one shape of errors, and how a view says which ones it answers with."""

from collections.abc import Callable
from typing import Any, TypeVar

from rest_framework import serializers

from accounts.exceptions import NetraError

Marked = TypeVar("Marked", bound=Callable[..., Any])


class ErrorSerializer(serializers.Serializer[Any]):
    """What every failure is answered with."""

    code = serializers.CharField(help_text="stable, for programs")
    message = serializers.CharField(help_text="for people; says what to do")
    details = serializers.DictField(
        required=False, help_text="by field: what is wrong with it; with some codes other facts"
    )


def fails_with(*errors: type[NetraError]) -> Callable[[Marked], Marked]:
    """
    Name, for the schema, the errors of a view class or of one of its methods.

    Those that follow from its permissions, throttles, parsers and path it has anyway.
    """

    def mark(view: Marked) -> Marked:
        view.errors = (*getattr(view, "errors", ()), *errors)  # type: ignore[attr-defined]
        return view

    return mark
