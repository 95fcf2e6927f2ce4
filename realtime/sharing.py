"""What all sockets and event streams of one server process share."""

import functools
from dataclasses import dataclass, field

from django.conf import settings

from realtime.limits import Allowances, Connections, Waiting
from realtime.positions import PositionCheck


@dataclass(frozen=True, slots=True)
class Shared:
    positions: PositionCheck = field(default_factory=PositionCheck)
    waiting: Waiting = field(default_factory=Waiting)
    connections: Connections = field(default_factory=Connections)
    allowances: Allowances = field(default_factory=lambda: Allowances(settings.MESSAGES_PER_MINUTE))


@functools.cache
def shared() -> Shared:
    """Of this process; lives on its event loop."""
    return Shared()
