"""What the tools over time share: the recorded time, where costs come from, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.analytics.priced import Basis
from agents.analytics.profile import Profile
from agents.analytics.timeline import FIGURES, Figure, Recording, recording
from agents.tools.money import cost_basis
from agents.tools.results import Opened, labels, lacking, only_sums

NO_TIMES = "The data set does not tell when requests came, so nothing can be said over time."
UNEVEN = (
    "How much time each row of the data set sums up is not known, or differs from row to row, so "
    "nothing can be said over time."
)

_NEEDED: dict[Figure, tuple[str, ...]] = {
    "requests": ("timestamp",),
    "input_tokens": ("timestamp", "input_tokens"),
    "output_tokens": ("timestamp", "output_tokens"),
    "latency_p50_ms": ("timestamp", "latency_ms"),
    "latency_p95_ms": ("timestamp", "latency_ms"),
    "ttft_p50_ms": ("timestamp", "ttft_ms"),
    "ttft_p95_ms": ("timestamp", "ttft_ms"),
    "error_rate": ("timestamp", "is_error"),
}
PER_REQUEST = frozenset(figure for figure in FIGURES if figure.endswith("_ms"))
"""Percentiles, which a row that sums up requests does not hold."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a data set can say over time."""

    profile: Profile
    recorded: Recording | None
    figures: list[Figure]
    cost: Basis | None
    missing: list[str]
    notes: list[str]

    @property
    def untimed(self) -> str:
        """Why nothing is `recorded`, though there are rows."""
        return UNEVEN if self.profile.first_timestamp else NO_TIMES


def told(data: Opened, wanted: Sequence[Figure] = FIGURES) -> Told:
    """Which of the wanted figures the data set holds, and sentences about the others."""
    profile = data.profile
    cost, missing, notes = cost_basis(profile) if "cost_usd" in wanted else (None, [], [])
    figures = [figure for figure in wanted if _holds(profile, figure, cost)]
    needed = [column for figure in wanted for column in _NEEDED.get(figure, ())]
    unsaid = lacking(profile, *dict.fromkeys(needed))
    absent = list(dict.fromkeys([*missing, *unsaid]))
    if unsaid:
        notes = [*notes, f"The data set has no {labels(unsaid, 'or')} column."]
    if cost == "prices":
        notes = [*notes, "Requests to models without a known price count for nothing in the cost."]
    if any(figure in PER_REQUEST for figure in wanted):
        notes = [*notes, *filter(None, [only_sums(profile, "how long requests take")])]
    return Told(profile, recording(profile, data.period), figures, cost, absent, notes)


def _holds(profile: Profile, figure: Figure, cost: Basis | None) -> bool:
    if figure == "cost_usd":
        return cost is not None
    if figure == "requests" and profile.rows_are == "sums" and not profile.has("requests"):
        return False
    if figure in PER_REQUEST and profile.rows_are == "sums":
        return False
    return profile.has(*_NEEDED[figure])
