"""How long the work at hand may wait for the database, all its waits together."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Patience:
    """Seconds that are left. Waiting for something uses them up; computing does not."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._is_waiting = False

    @property
    def left(self) -> float:
        return max(self._left, 0)

    @contextmanager
    def waiting(self) -> Iterator[float]:
        """What happens inside is a wait; gives how long it may take. One within another is free."""
        if self._is_waiting:
            yield self.left
            return
        self._is_waiting = True
        begun = time.monotonic()
        try:
            yield self.left
        finally:
            self._is_waiting = False
            self._left -= time.monotonic() - begun


_current: ContextVar[Patience | None] = ContextVar("patience", default=None)


def current() -> Patience | None:
    """Of the work at hand; None if it may wait for as long as it takes."""
    return _current.get()


@contextmanager
def bounded(patience: Patience) -> Iterator[None]:
    """What happens inside, and in threads that asgiref starts for it, has this patience."""
    token = _current.set(patience)
    try:
        yield
    finally:
        _current.reset(token)
