"""What a row of the bench measures, and whether it is what we want to reach."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `target` is what it shall be at most, or with `at_least` at least."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False

    @property
    def is_reached(self) -> bool | None:
        """None if there is nothing to reach: it is told to explain another figure."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_reached": self.is_reached}


class TooLittle(Exception):
    """A row did not measure what it should; the message says why."""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed; raises TooLittle without any."""
    if not values:
        raise TooLittle("Nothing was measured.")
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def milliseconds(
    name: str, seconds: Sequence[float], *, p50: float | None = None, p99: float | None = None
) -> list[Figure]:
    """Median and 99th percentile of durations, with what they shall be at most (ms)."""
    shares = ((0.5, "p50", p50), (0.99, "p99", p99))
    return [
        Figure(f"{name}, {label}", round(percentile(seconds, share) * 1000, 3), "ms", target)
        for share, label, target in shares
    ]


def ratio(name: str, value: float, base: float) -> Figure:
    return Figure(name, round(value / base, 2) if base else 0.0, "x")
