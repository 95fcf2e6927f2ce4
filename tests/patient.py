"""A stack for tests that hurt it, one after the other."""

from dataclasses import dataclass, field

import pytest

from tests.stack import Stack

WORKERS = 2  # one is hurt, the other takes over


@dataclass
class Patient:
    """Starts again what a test has ended, for to start everything costs three times as much."""

    homes: pytest.TempPathFactory
    _stack: Stack | None = field(default=None, init=False)

    def whole(self) -> Stack:
        """One in which everything runs."""
        is_new = self._stack is None
        stack = self._stack = self._stack or Stack(self.homes.mktemp("hurt"))
        try:
            stack.start(workers=WORKERS) if is_new else stack.mend()
        except BaseException:
            self.stop()
            raise
        return stack

    def stop(self) -> None:
        """The next is a new one."""
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.stop()
