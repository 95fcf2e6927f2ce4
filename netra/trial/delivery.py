"""
Checks what sockets carry: each event of a run once, in order, none missing.

A socket's position in a run is the `last_seq` that `connection_established` announced for it, 0 for
a run that began later, and what `resuming` or a repeated acceptance sets it to. From there on the
next event must be the next number. Beside this, the client takes what is its own last number + 1.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.events import TERMINAL_TYPES

Digest = str


def digest(text: str) -> Digest:
    """What two copies of an event are compared by."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(slots=True)
class Delivery:
    """What one client was given of one run, and what was wrong about it."""

    last_seq: int = 0
    end: dict[str, Any] | None = None  # the terminal event, once it was taken
    digests: dict[int, Digest] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)  # of the events that were taken
    duplicated: int = 0  # a socket carried it a second time
    out_of_order: int = 0  # a socket left a number out, or went back
    changed: int = 0  # a repeated event differed from what was told before
    early: int = 0  # not the next for the client, before its `resume` was heard: allowed


class Deliveries:
    """One client's, over all its sockets."""

    def __init__(self) -> None:
        self._of_run: dict[str, Delivery] = {}
        self._positions: dict[str, int] = {}  # on the socket that is open

    def of(self, run_id: str) -> Delivery:
        return self._of_run.setdefault(run_id, Delivery())

    @property
    def run_ids(self) -> list[str]:
        """The runs that anything was told of."""
        return list(self._of_run)

    def connected(self, active: Mapping[str, int]) -> None:
        """A new socket is open; `active` runs are told from these numbers on."""
        self._positions = dict(active)

    def rewound(self, run_id: str, after: int) -> None:
        """The server says that it tells the run from `after` on."""
        self._positions[run_id] = after

    def take(self, frame: Mapping[str, Any], text: str, at: float) -> bool:
        """Check an event; whether it was the client's next one."""
        run_id, seq = frame["run_id"], frame["seq"]
        run = self.of(run_id)
        position = self._positions.get(run_id, 0)
        if seq > position + 1:
            run.out_of_order += 1
        elif seq <= position and seq in run.digests:
            run.duplicated += 1
        elif seq <= position:
            run.out_of_order += 1
        self._positions[run_id] = max(position, seq)
        if seq in run.digests:
            run.changed += run.digests[seq] != digest(text)
        elif seq != run.last_seq + 1:
            run.early += 1
        else:
            run.last_seq = seq
            run.digests[seq] = digest(text)
            run.times.append(at)
            run.end = dict(frame) if frame["type"] in TERMINAL_TYPES else None
            return True
        return False
