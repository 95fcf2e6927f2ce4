"""Where the effects of trial runs are counted: a file, outside of the database that may lie."""

import os
from collections import Counter
from pathlib import Path

FILE = "ledger"


def add(directory: Path, entry: str) -> None:
    """Count one more effect; `entry` is `<label of the run>/<key of the step>`."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    descriptor = os.open(directory / FILE, flags, 0o600)
    try:
        os.write(descriptor, f"{entry}\n".encode())  # one write with O_APPEND is never torn
    finally:
        os.close(descriptor)


def effects(directory: Path) -> Counter[str]:
    """How often each entry took effect."""
    file = directory / FILE
    return Counter(file.read_text().splitlines() if file.exists() else [])
