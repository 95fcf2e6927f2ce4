"""When the events of a bench were stored, as its workers have noted it."""

from pathlib import Path


def log_of(home: Path, pid: int) -> Path:
    """Where the worker of this process id writes: run, seq, and seconds since the epoch."""
    return home / f"stored-{pid}.log"


def stored_times(home: Path) -> dict[tuple[str, int], float]:
    """By run and seq."""
    logs = home.glob("stored-*.log")
    rows = [line.split() for log in logs for line in log.read_text().splitlines()]
    return {(run_id, int(seq)): float(at) for run_id, seq, at in rows}
