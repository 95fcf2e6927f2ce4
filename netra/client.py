"""A client of a running Netra, as any program could be one: REST to upload, a socket to ask."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from agents.events import TERMINAL_TYPES

UPLOAD_SECONDS = 600
FRAME_LIMIT_BYTES = 8 * 1024 * 1024  # above the 1 MiB that this library refuses by default
RETRIES = 20
LONGEST_WAIT_SECONDS = 5.0


class ClientError(Exception):
    """What the server said when it refused."""


class LogInEnded(ClientError):
    """The token has expired, or its log-in was ended."""


@dataclass
class Client:
    """Talks to the Netra at `url` as the owner of `token`."""

    url: str
    token: str
    renew: Callable[[], str] | None = None  # gives a newer token: a run may outlive this one
    _position: tuple[str, int] | None = field(default=None, init=False)  # run and last seq
    _failures: int = field(default=0, init=False)  # in a row, to hear of the run

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def upload(self, file: Path, watch: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """
        Store a usage log; returns the data set. Raises ClientError with the server's words.

        `watch` is given the data of `dataset_progress` frames, in another thread.
        """
        try:
            with file.open("rb") as content, self._watched(file, watch):
                return self._post("/api/datasets", files={"file": (file.name, content)})
        except (httpx.HTTPError, OSError) as error:
            raise ClientError(f"{file.name} could not be uploaded: {error}") from error

    @contextmanager
    def _watched(self, file: Path, watch: Callable[[dict[str, Any]], None]) -> Iterator[None]:
        """While `file` is uploaded; nobody is told anything where there is no socket."""
        wanted = (file.stem, file.stat().st_size)

        def listen(socket: ClientConnection) -> None:
            with suppress(ConnectionClosed):
                for text in socket:
                    frame = json.loads(text)
                    data = frame["data"]
                    is_progress = frame["type"] == "dataset_progress"
                    if is_progress and (data["name"], data["total_bytes"]) == wanted:
                        watch(data)

        with ExitStack() as open_socket:
            with suppress(InvalidHandshake, OSError):
                socket = open_socket.enter_context(self._socket())
                listening = threading.Thread(target=listen, args=[socket], daemon=True)
                listening.start()
            yield

    def _socket(self) -> AbstractContextManager[ClientConnection]:
        address = f"{self.url.replace('http', 'ws', 1)}/ws"
        return connect(
            address, additional_headers=self.headers, max_size=FRAME_LIMIT_BYTES, proxy=None
        )

    def decide(self, run_id: str, call_id: str, decision: str) -> dict[str, Any]:
        """Approve or deny a call that waits; returns the run. Raises ClientError."""
        try:
            return self._decide(run_id, call_id, decision)
        except httpx.HTTPError as error:
            raise ClientError(f"The decision could not be sent: {error}") from error

    def _decide(self, run_id: str, call_id: str, decision: str) -> dict[str, Any]:
        path = f"/api/runs/{run_id}/approvals/{call_id}"
        try:
            return self._post(path, json={"decision": decision})
        except LogInEnded:  # who decides may take long
            if self.renew is None:
                raise
            self.token = self.renew()
            return self._post(path, json={"decision": decision})

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
            raise refusal({"code": "", "message": answer.text, **body})
        return body

    def ask(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """
        Start a run and yield its frames to the terminal event.

        A lost connection is made again, with a newer token if need be, and the run resumed after
        the last event that arrived.
        """
        self._position, self._failures = None, 0
        while True:
            try:
                yield from self._frames(message)
            except LogInEnded:
                if self.renew is None or not self._may_try_again():
                    raise
                self.token = self.renew()
            except (ConnectionClosed, InvalidHandshake, OSError) as error:
                if not self._may_try_again():
                    raise ClientError(f"The connection to {self.url} failed: {error}") from error
            else:
                return

    def _may_try_again(self) -> bool:
        """After a pause; False if nothing was accepted, or nothing heard for many times."""
        self._failures += 1
        if self._position is None or self._failures == RETRIES:
            return False
        time.sleep(min(0.1 * 2**self._failures, LONGEST_WAIT_SECONDS))
        return True

    def _frames(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        with self._socket() as socket:
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
                if frame["type"] == "resumed":
                    self._failures = 0
                if frame["type"] == "error":
                    raise refusal(frame["data"])
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


def refusal(error: dict[str, Any]) -> ClientError:
    """What the server said, `{code, message}`, as an exception."""
    kind = LogInEnded if error["code"] == "authentication_failed" else ClientError
    return kind(error["message"])
