"""Which statistics a question asks for."""

import pytest

from agents.llm.builtin.asking.statistics import statistics_in


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("average latency", ("mean",)),
        ("mean and max latency", ("mean", "max")),
        ("max, then min", ("max", "min")),
        ("the most expensive single request", ("max",)),
        ("the median", ("p50",)),
        ("p90 and p99.9", ("p90", "p99.9")),
        ("p999 of the latency", ("p99.9",)),
        ("the 90th percentile", ("p90",)),
        ("99.9 percentile", ("p99.9",)),
        ("standard deviation", ("standard_deviation",)),
        ("how long do requests take", ()),
        ("the most expensive model", ()),
        ("p00", ()),
    ],
)
def test_statistics_are_read_in_their_order(question: str, names: tuple[str, ...]) -> None:
    assert statistics_in(question).names == names


def test_percentiles_are_told_from_other_statistics() -> None:
    assert statistics_in("mean, p50 and p99.9").ranks == [50.0, 99.9]
