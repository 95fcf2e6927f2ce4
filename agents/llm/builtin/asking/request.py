"""What is asked for, as the plan and the report of the analyst take it."""

from dataclasses import dataclass, field

from agents.analytics.filters import Condition
from agents.analytics.groups import GroupBy
from agents.llm.builtin.asking.statistics import Statistics
from agents.llm.builtin.asking.vocabulary import METRICS, Topic
from agents.tools.performance import Metric

ALL: tuple[str, ...] = ("all",)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. Without topics the question is not understood."""

    topics: frozenset[Topic]
    groups: tuple[GroupBy, ...] = ()
    periods: tuple[str, ...] = ALL  # as the tools take them
    where: tuple[Condition, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)
    absent: tuple[str, ...] = ()  # names that the data does not hold
    caveats: tuple[str, ...] = ()  # sentences: what was read into the question or not understood
    words: str = field(default="", compare=False)  # the question in lower case

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return tuple(metric for topic, metric in METRICS.items() if topic in self.topics)

    @property
    def is_advice(self) -> bool:
        return Topic.SAVINGS in self.topics
