"""Examples of all bodies and parameters, by their names."""

from typing import Any

from accounts.api import examples as accounts
from agents.api import examples as agents

HEALTH = {
    "status": "healthy",
    "service": "netra-ai-platform",
    "version": "0.1.0",
    "timestamp": 1795196400.125,
}

EXAMPLES: dict[str, Any] = {
    **accounts.EXAMPLES,
    **agents.EXAMPLES,
    "Service": {
        "name": "websocket",
        "description": "Start runs, and watch every step",
        "status": "available",
        "url": "ws://127.0.0.1:8002/ws",
        "protocol": "netra.v1",
        "version": "0.1.0",
    },
    "Health": {**HEALTH, "parts": {"database": {"status": "up", "latency_ms": 0.4}}},
}
PARAMETERS: dict[str, tuple[str, Any]] = {
    **accounts.PARAMETERS,
    **agents.PARAMETERS,
    "page": ("Counted from 1.", 1),
    "page_size": ("Entries on a page; more than 500 are not given.", 50),
    "full": ("Every part of the server, for staff.", False),
}
