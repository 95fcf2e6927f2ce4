"""Asks REST how a run ended, and compares it with what the socket said."""

import asyncio
import time
from collections.abc import Sequence

import httpx

from netra.trial.asking import Asking
from netra.trial.journal import Journal
from netra.trial.process import Process

TRIES = 20
WAIT_SECONDS = 0.5
TIMEOUT_SECONDS = 20
STATUS_OF = {
    "agent_completed": "completed",
    "agent_error": "failed",
    "agent_cancelled": "cancelled",
}


class Visitor:
    """One for all clients. Use as an asynchronous context manager."""

    def __init__(self, webs: Sequence[Process], journal: Journal) -> None:
        self._webs = webs
        self._journal = journal
        self._http = httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS)

    async def __aenter__(self) -> "Visitor":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def compare(self, asking: Asking, token: str) -> None:
        """Write it down if REST does not say what the events said."""
        body = await self._get(f"/api/runs/{asking.run_id}", token)
        told = (STATUS_OF.get(asking.end_type), asking.delivery.last_seq)
        found = (body.get("status"), body.get("last_seq"))
        if found != told:
            self._journal.disagreements.append(f"{asking.script.label}: {found}, not {told}")

    async def _get(self, path: str, token: str) -> dict[str, object]:
        """The body of the first answer that is a success; empty if there is none in time."""
        for attempt in range(TRIES):
            web, begun = self._webs[attempt % len(self._webs)], time.monotonic()
            was_up = web.is_up
            try:
                answer = await self._http.get(
                    f"http://127.0.0.1:{web.port}{path}",
                    headers={"Authorization": f"Bearer {token}"},
                )
            except httpx.HTTPError as error:
                if was_up and web.hurt_at < begun:
                    self._journal.failed_visits[type(error).__name__] += 1
                await asyncio.sleep(WAIT_SECONDS)
                continue
            self._journal.statuses[answer.status_code] += 1
            if answer.is_success:
                body: dict[str, object] = answer.json()
                return body
            await asyncio.sleep(WAIT_SECONDS)
        return {}
