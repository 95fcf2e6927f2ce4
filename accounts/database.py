"""Database access from threads of our own, which live longer than a request."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

DATABASE_AWAY = (OperationalError, InterfaceError)


def on_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call `function`, keeping this thread's connection open for the next call unless it broke."""
    try:
        return function(*args, **kwargs)
    except DATABASE_AWAY:
        connection.close()
        raise
