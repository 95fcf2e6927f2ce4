"""What one socket, and one address, may ask of us."""

import time
from collections import Counter, deque


class ErrorBudget:
    """Protocol errors of one socket: twenty in a minute are too many."""

    LIMIT = 20
    WINDOW_SECONDS = 60

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=self.LIMIT)

    def is_spent_by_one_more(self) -> bool:
        """Count an error; True if it is the one too many."""
        now = time.monotonic()
        self._times.append(now)
        return len(self._times) == self.LIMIT and now - self._times[0] < self.WINDOW_SECONDS


class Waiting:
    """Sockets that have not said who they are yet: at most ten of one address at a time."""

    LIMIT = 10

    def __init__(self) -> None:
        self._of_address: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """False if there are too many; otherwise `leave` must follow."""
        if self._of_address[address] >= self.LIMIT:
            return False
        self._of_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]
