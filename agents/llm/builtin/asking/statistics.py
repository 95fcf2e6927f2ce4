"""Which statistic of the requests a question asks for: a mean, a maximum, a percentile."""

import re
from dataclasses import dataclass

MOST_PERCENTILES = 5

_WORDS = (
    (r"\baverages?\b|\bmean\b|\bavg\b", "mean"),
    (
        r"\bmax(?:imum|imal)?\b|\bworst.case\b|\b(?:slowest|longest|largest|biggest|dearest"
        r"|most expensive) (?:single |individual |one )?(?:request|call|answer|prompt)\b",
        "max",
    ),
    (
        r"\bmin(?:imum|imal)?\b|\b(?:fastest|quickest|shortest|smallest|cheapest)"
        r" (?:single |individual |one )?(?:request|call|answer|prompt)\b",
        "min",
    ),
    (r"\bstandard deviation\b|\bstd(?:dev)?\b|\bvariance\b", "standard_deviation"),
    (r"\bmedian\b", "p50"),
)
_RANK = re.compile(
    r"\bp(\d{2}(?:\.\d{1,3})?)\b|\bp(\d{2})(\d)\b|\b(\d{1,2}(?:\.\d{1,3})?)(?:st|nd|rd|th)?.percentile"
)


@dataclass(frozen=True, slots=True)
class Statistics:
    """By the names that results give them: `mean`, `max`, `p50`, `p99.9`."""

    names: tuple[str, ...] = ()

    @property
    def ranks(self) -> list[float]:
        """The percentiles among them, from 0 to 100."""
        return [float(name[1:]) for name in self.names if re.fullmatch(r"p[\d.]+", name)]


def statistics_in(plain: str) -> Statistics:
    """Read from a question in lower case, in the order in which it names them."""
    found = {}
    for pattern, name in _WORDS:
        if match := re.search(pattern, plain):
            found[name] = match.start()
    for match in _RANK.finditer(plain):
        whole, head, tail, spelled = match.groups()
        rank = float(whole or spelled or f"{head}.{tail}")
        if 0 < rank < 100:
            found.setdefault(f"p{rank:g}", match.start())
    ordered = sorted(found, key=lambda name: found[name])
    return Statistics(tuple(ordered[:MOST_PERCENTILES]))
