"""Room to write: who sends through a gate is as slow as its client, and no slower."""

import asyncio

DRAIN_SECONDS = 30  # a client that has not read for so long is let go


class OutputGate:
    """Closed while the transport has more than 64 KiB to write. A Twisted push producer."""

    def __init__(self) -> None:
        self._is_open = asyncio.Event()
        self._is_open.set()

    @property
    def is_closed(self) -> bool:
        return not self._is_open.is_set()

    async def opened_in_time(self) -> bool:
        """Return when there is room to write again; False after 30 s without any."""
        if self.is_closed:
            try:
                # Not wait_for: Python 3.11's loses a cancellation that comes with the result.
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self._is_open.wait()
            except TimeoutError:
                return False
        return True

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's names
        self._is_open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._is_open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._is_open.set()
