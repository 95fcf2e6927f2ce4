"""What this process is asked about the runs it drives, while it drives them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from agents.engine.endings import Cancellation
from agents.engine.runner import LiveRun
from agents.publishing.control import Request

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Requests:
    """Takes requests from a channel. One that fails costs itself: the channel stays open."""

    open_channel: Callable[[], AsyncIterator[tuple[Request, UUID]]]
    live: Mapping[UUID, LiveRun]
    cancellation_of: Callable[[UUID], Awaitable[Cancellation | None]]  # as the database has it

    async def answer(self) -> None:
        """For ever. On the loop."""
        while True:
            try:
                async for request, run_id in self.open_channel():
                    await self._answer(request, run_id)
            except Exception:
                logger.exception("Control channel failed")
            await asyncio.sleep(RETRY_SECONDS)

    async def _answer(self, request: Request, run_id: UUID) -> None:
        live = self.live.get(run_id)
        if live is None:
            return
        try:
            if request == "snapshot":
                live.deltas.snapshot()
            elif cancellation := await self.cancellation_of(run_id):
                live.cancel(cancellation)
        except Exception:
            # A cancel that is not answered here is passed on by the maintenance within 2 s.
            logger.exception("Request failed", extra={"request": request, "run_id": str(run_id)})
