"""What one socket, one address and one user may ask of this server process."""

import math
import time
from collections import Counter, deque
from collections.abc import Hashable

from django.conf import settings

from accounts.exceptions import NetraError


class TooManySockets(NetraError):
    """The caller has as many sockets and event streams open as one user may have."""

    code = "too_many_sockets"
    http_status = 429


class RateLimited(NetraError):
    """Too many messages; `details.retry_after` says in how many seconds the next one is taken."""

    code = "rate_limited"


class ErrorBudget:
    """Errors of one socket: so many in a minute are too many."""

    WINDOW_SECONDS = 60

    def __init__(self, limit: int = 20) -> None:
        self._limit = limit
        self._times: deque[float] = deque(maxlen=limit)

    def is_spent_by_one_more(self) -> bool:
        """Count an error; True if it is the one too many."""
        now = time.monotonic()
        self._times.append(now)
        return len(self._times) == self._limit and now - self._times[0] < self.WINDOW_SECONDS


class Places:
    """So many at a time for each holder."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[Hashable] = Counter()

    def has_room(self, holder: Hashable) -> bool:
        return self._taken[holder] < self._limit

    def enter(self, holder: Hashable) -> bool:
        """False if there is no place left; otherwise `leave` must follow."""
        if not self.has_room(holder):
            return False
        self._taken[holder] += 1
        return True

    def leave(self, holder: Hashable) -> None:
        self._taken[holder] -= 1
        if not self._taken[holder]:
            del self._taken[holder]


class Waiting(Places):
    """Sockets of an address that have not said who they are yet."""

    def __init__(self) -> None:
        super().__init__(10)


class Connections(Places):
    """Sockets and event streams of a user."""

    def __init__(self) -> None:
        super().__init__(settings.SOCKETS_PER_USER)

    def take(self, user_id: int) -> None:
        """As `enter`; raises TooManySockets if there is no place left."""
        if not self.enter(user_id):
            raise self.refusal()

    def refusal(self) -> TooManySockets:
        return TooManySockets(
            f"You have {self._limit} sockets and event streams open. Close one, then open another."
        )


class Allowances:
    """
    Messages of each user, over all their sockets: a minute's number at once, then one by one.

    A user's entry is when all of what was taken would have come in at the steady rate.
    """

    WINDOW_SECONDS = 60
    KEPT = 1_000  # users; beyond it those who are within their rate are forgotten

    def __init__(self, per_minute: int) -> None:
        self._interval = self.WINDOW_SECONDS / per_minute
        self._due: dict[int, float] = {}

    def spend(self, user_id: int) -> None:
        """Count a message; raises RateLimited if it is one too many, which does not count."""
        now = time.monotonic()
        due = max(self._due.get(user_id, now), now) + self._interval
        early = due - now - self.WINDOW_SECONDS
        if early > 0:
            seconds = math.ceil(early * 1000) / 1000
            raise RateLimited(
                f"You send too many messages. Go on in {seconds:g} s.", {"retry_after": seconds}
            )
        self._due[user_id] = due
        if len(self._due) > self.KEPT:
            self._due = {user: due for user, due in self._due.items() if due > now}
