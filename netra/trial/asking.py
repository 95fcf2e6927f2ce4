"""One run that a trial client asks for, and how that went."""

import asyncio
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from netra.trial.delivery import Delivery
from netra.trial.script import Script

SENT_BEFORE_SECONDS = 1.0  # what was on its way when a fault began may still arrive so late


@dataclass(slots=True)
class Asking:
    """Times are of `time.monotonic`."""

    script: Script
    agent: str
    key: str  # idempotency key: sent again, it makes no second run
    began_at: float = field(default_factory=time.monotonic)
    run_id: str = ""
    accepted_at: float | None = None
    delivery: Delivery = field(default_factory=Delivery)
    refusal: str = ""  # why it was not accepted
    is_unrecovered: bool = False  # the server said that it could not resume it
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def message(self) -> dict[str, Any]:
        return {
            "type": "execute_agent",
            "id": self.script.label,
            "agent": self.agent,
            "input": str(self.script),
            "idempotency_key": self.key,
        }

    @property
    def end_type(self) -> str:
        """Of the terminal event; empty while there is none."""
        return str(self.delivery.end["type"]) if self.delivery.end else ""

    @property
    def is_waiting(self) -> bool:
        """For its acceptance."""
        return not self.run_id and not self.done.is_set()

    @property
    def is_live(self) -> bool:
        return bool(self.run_id) and not self.done.is_set()

    def recovery_after(self, fault_at: float) -> float:
        """Seconds from a fault to the event that ended the silence it caused; 0 without one."""
        times = [self.began_at, *self.delivery.times]
        hurt = [
            (later - earlier, later - fault_at)
            for earlier, later in pairwise(times)
            if earlier <= fault_at + SENT_BEFORE_SECONDS and later > fault_at
        ]
        return max(hurt)[1] if hurt else 0.0
