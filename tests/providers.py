"""An existing mock server that speaks the providers' protocols (npm @copilotkit/aimock)."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.optional import missing
from tests.stack import Process, free_port, listens


def server_binary() -> str:
    """Where it is installed; without it the test is skipped, but not under CI."""
    found = shutil.which("llmock")
    if found is None:
        missing("install the mock provider: npm install --global @copilotkit/aimock")
    return found


@contextmanager
def provider(
    home: Path, fixtures: Sequence[Mapping[str, Any]], *options: str, keys: str = ""
) -> Iterator[str]:
    """Serve `fixtures` on loopback; yields the server's address."""
    port = free_port()
    file = home / f"fixtures-{port}.json"
    file.write_text(json.dumps({"fixtures": list(fixtures)}))
    command = [server_binary(), "-p", str(port), "-f", str(file), "--strict", *options]
    environment = {**os.environ, **({"AIMOCK_API_KEYS": keys} if keys else {})}
    server = Process(command, home / f"provider-{port}.log", environment, lambda: listens(port))
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
