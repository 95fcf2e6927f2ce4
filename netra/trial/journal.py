"""What befell the connections of a trial's clients, beside the events that they were sent."""

from collections import Counter
from dataclasses import dataclass, field

ABNORMAL = 1006  # the connection broke without a close frame
RESTARTING = 4012
INTERNAL_ERROR = 1011


@dataclass(slots=True)
class Journal:
    """All clients of a trial write into one."""

    closes: Counter[int] = field(default_factory=Counter)  # that nothing done to a server explains
    explained_closes: Counter[int] = field(default_factory=Counter)
    connects: int = 0  # attempts, but for those at a server that was down or went down
    failed_connects: Counter[str] = field(default_factory=Counter)
    reconnect_seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)  # of HTTP answers
    failed_visits: Counter[str] = field(default_factory=Counter)  # none though it was up
    disagreements: list[str] = field(default_factory=list)  # REST said other than the socket
    error_codes: Counter[str] = field(default_factory=Counter)  # of `error` frames
    frames: Counter[str] = field(default_factory=Counter)  # by type, but for events
    unknown: Counter[str] = field(default_factory=Counter)  # types that no client expects

    @property
    def connected_share(self) -> float:
        """Which part of the attempts to connect succeeded; 1 if there were none."""
        return 1 - self.failed_connects.total() / self.connects if self.connects else 1.0

    @property
    def server_errors(self) -> int:
        """HTTP answers that no client may see. 503 is none: it has a code, and is tried again."""
        return (
            sum(count for status, count in self.statuses.items() if status >= 500)
            - (self.statuses[503])
        )

    def closed(self, code: int, *, is_explained: bool) -> None:
        """Whatever is done to a server, it never has a reason to say 1011."""
        kind = self.explained_closes if is_explained and code != INTERNAL_ERROR else self.closes
        kind[code] += 1
