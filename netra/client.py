"""A client of a running Netra, as any program could be one: REST to upload, a socket to ask."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from agents.events import TERMINAL_TYPES

UPLOAD_SECONDS = 600
FRAME_LIMIT_BYTES = 8 * 1024 * 1024  # above the 1 MiB that this library refuses by default
RETRIES = 20
LONGEST_WAIT_SECONDS = 5.0


class ClientError(Exception):
    """What the server said when it refused."""


@dataclass
class Client:
    """Talks to the Netra at `url` as the owner of `token`."""

    url: str
    token: str
    _position: tuple[str, int] | None = field(default=None, init=False)  # run and last seq

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def upload(self, file: Path) -> dict[str, Any]:
        """Store a usage log; returns the data set. Raises ClientError with the server's words."""
        try:
            with file.open("rb") as content:
                return self._post("/api/datasets", files={"file": (file.name, content)})
        except (httpx.HTTPError, OSError) as error:
            raise ClientError(f"{file.name} could not be uploaded: {error}") from error

    def decide(self, run_id: str, call_id: str, decision: str) -> dict[str, Any]:
        """Approve or deny a call that waits; returns the run. Raises ClientError."""
        try:
            return self._post(
                f"/api/runs/{run_id}/approvals/{call_id}", json={"decision": decision}
            )
        except httpx.HTTPError as error:
            raise ClientError(f"The decision could not be sent: {error}") from error

    def _post(self, path: str, **content: Any) -> dict[str, Any]:
        """The answer; raises ClientError with the server's words, or httpx.HTTPError."""
        answer = httpx.post(
            f"{self.url}{path}",
            headers=self.headers,
            timeout=UPLOAD_SECONDS,
            trust_env=False,
            **content,
        )
        try:
            body: dict[str, Any] = answer.json()
        except ValueError as error:
            raise ClientError(
                f"{self.url} is no Netra: it answers {answer.status_code}."
            ) from error
        if answer.is_error:
            raise ClientError(body.get("message", answer.text))
        return body

    def ask(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """
        Start a run and yield its frames to the terminal event.

        A lost connection is made again, and the run resumed after the last event that arrived.
        """
        self._position = None
        for attempt in range(RETRIES):
            try:
                yield from self._frames(message)
            except (ConnectionClosed, InvalidHandshake, OSError) as error:
                if self._position is None or attempt == RETRIES - 1:
                    raise ClientError(f"The connection to {self.url} failed: {error}") from error
                time.sleep(min(0.2 * 2**attempt, LONGEST_WAIT_SECONDS))
            else:
                return

    def _frames(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        address = f"{self.url.replace('http', 'ws', 1)}/ws"
        with connect(
            address, additional_headers=self.headers, max_size=FRAME_LIMIT_BYTES, proxy=None
        ) as socket:
            if self._position is None:
                socket.send(json.dumps(message))
            else:
                run_id, last_seq = self._position
                resume = {"type": "resume", "run_id": run_id, "last_seq": last_seq}
                socket.send(json.dumps(resume))
            for text in socket:
                frame = json.loads(text)
                if self._is_ours(frame):
                    yield frame
                if frame["type"] == "error":
                    raise ClientError(frame["data"]["message"])
                if frame["type"] in TERMINAL_TYPES and self._is_ours(frame):
                    return

    def _is_ours(self, frame: dict[str, Any]) -> bool:
        """Whether the frame is of the run we asked for; remembers how far it has come."""
        if frame["type"] == "run_accepted":
            self._position = (frame["data"]["run_id"], 0)
            return True
        if self._position is None or frame.get("run_id") != self._position[0]:
            return False
        self._position = (self._position[0], frame.get("seq", self._position[1]))
        return True
