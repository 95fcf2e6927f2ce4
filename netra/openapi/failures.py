"""Which errors an operation answers with: those it names, and those that follow from its view."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeAlias

from rest_framework import exceptions
from rest_framework.permissions import AllowAny

from accounts.exceptions import (
    AuthenticationFailed,
    InvalidInput,
    NetraError,
    NotFound,
    PermissionDenied,
    TooManyAttempts,
    Unavailable,
)
from netra.rest import InvalidRequest, TooLarge

Failure: TypeAlias = type[NetraError] | type[exceptions.APIException]

FRAMEWORK_TEXTS: dict[Failure, str] = {
    exceptions.NotAcceptable: "The `Accept` header asks for something else than JSON.",
    exceptions.NotAuthenticated: "There is no credential.",
    exceptions.ParseError: "The body cannot be read.",
    exceptions.Throttled: "Too many requests; `Retry-After` says when to try again.",
    exceptions.UnsupportedMediaType: "The body has another media type.",
}
"""What an error says that is not ours; ours say it in their docstrings."""


def failures_by_status(schema: Any) -> dict[int, list[Failure]]:
    """Each once, in the order of statuses and codes."""
    found: defaultdict[int, dict[str, Failure]] = defaultdict(dict)
    for failure in (*named_by(schema), *implied_by(schema)):
        found[status_of(failure)].setdefault(code_of(failure), failure)
    return {status: [found[status][code] for code in sorted(found[status])] for status in found}


def named_by(schema: Any) -> Iterator[Failure]:
    """By `fails_with`, at the view or at its method."""
    handler = getattr(schema.view, schema.method.lower())
    yield from getattr(schema.view, "errors", ())
    yield from getattr(handler, "errors", ())


def implied_by(schema: Any) -> Iterator[Failure]:
    """By what the view is made of."""
    view: Any = schema.view
    yield from (InvalidInput, InvalidRequest, exceptions.NotAcceptable, Unavailable)
    if schema.has_body:
        yield from (exceptions.ParseError, exceptions.UnsupportedMediaType, TooLarge)
    if view.get_authenticators():
        yield AuthenticationFailed
    if not schema.is_open:
        yield exceptions.NotAuthenticated
    if any(not isinstance(rule, AllowAny) for rule in view.get_permissions()):
        yield PermissionDenied  # also for a key without the scope
    if "{" in schema.path or schema.is_paged:
        yield NotFound
    if view.get_throttles():
        yield exceptions.Throttled


def is_passing(failure: Failure) -> bool:
    """Whether the same request may succeed later, and the answer says when."""
    return failure in (exceptions.Throttled, TooManyAttempts) or (
        issubclass(failure, NetraError) and failure.retry_after is not None
    )


def status_of(failure: Failure) -> int:
    return failure.http_status if issubclass(failure, NetraError) else failure.status_code


def code_of(failure: Failure) -> str:
    return failure.code if issubclass(failure, NetraError) else str(failure.default_code)


def text_of(failure: Failure) -> str:
    """One sentence on when it happens."""
    return FRAMEWORK_TEXTS.get(failure) or " ".join((failure.__doc__ or "").split())
