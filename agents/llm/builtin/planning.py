"""Which tools answer a question, in which order, and why: the steps of a plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agents.analytics.filters import describe
from agents.analytics.groups import COLUMN, GroupBy
from agents.analytics.wording import counted, listing
from agents.catalog.analyst import Plan
from agents.llm.builtin.asking.request import ALL, Request
from agents.llm.builtin.asking.vocabulary import METRICS, Topic
from agents.tools.inspect_data import DatasetSummary

COST_GROUPS: tuple[GroupBy, ...] = ("feature", "model")


@dataclass(frozen=True, slots=True)
class PlannedCall:
    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A thought, said before the calls are made, and the calls."""

    thought: str
    calls: tuple[PlannedCall, ...]


def opening_step(question: str) -> Step:
    """For an agent whose runs do not begin with a look at the data."""
    return Step(
        "Before I can say anything I have to know which of your data fits the question.",
        (PlannedCall("inspect_data", {"question": question}),),
    )


def steps_for(plan: str, request: Request, data: DatasetSummary) -> list[Step]:
    """What to do after the data was looked at; the same for the same arguments."""
    if request.absent:
        return []  # figures of other requests would answer another question
    if plan == Plan.OPTIMIZATION or request.is_advice:
        return _optimization(request, data)
    if not request.topics or request.topics == {Topic.DATA}:
        return []
    steps = [
        *_measurements(request, data),
        *_costs(request, data),
        *_repeats(request, data),
        *_traffic(request, data),
        *_count(request, data),
    ]
    return steps or _overview(request, data)


def has(data: DatasetSummary, *columns: str) -> bool:
    """Whether the data set has values in these normalised columns."""
    return not set(columns) & set(data.missing)


def _optimization(request: Request, data: DatasetSummary) -> list[Step]:
    groups = _cost_groups(data)
    models = _present(("model",), data) or [None]
    rest = [
        *_calls("analyze_performance", request, data, models, metric="all"),
        *_calls("usage_patterns", request, data),
    ]
    return [
        Step(
            "To find what can be saved I first see where the money goes. Dear models that do "
            "small work, repeated requests and failed ones show up there.",
            tuple(_calls("analyze_costs", request, data, groups)),
        ),
        Step(
            "What is cheaper must not be slower or less reliable, so I measure latency and "
            "errors model by model, and look at peaks, repetition and who asks most.",
            tuple(rest),
        ),
    ]


def _overview(request: Request, data: DatasetSummary) -> list[Step]:
    groups = request.groups or _present(("model",), data) or (None,)
    calls = _calls("analyze_performance", request, data, groups, metric="all")
    if has(data, "cost_usd") or has(data, "model", "input_tokens", "output_tokens"):
        by = request.groups or _present(COST_GROUPS, data)[:1] or (None,)
        calls += _calls("analyze_costs", request, data, by)
    if has(data, "timestamp"):
        calls += _calls("usage_patterns", request, data)
    scope = _scope(request, data)
    why = f"This asks for no single figure, so I give an overview of what {scope} can tell."
    return [Step(why, tuple(calls))]


def _measurements(request: Request, data: DatasetSummary) -> Iterator[Step]:
    metrics = request.metrics
    if not metrics:
        return
    subjects = listing([topic.value for topic in METRICS if topic in request.topics])
    scope = f"{_scope(request, data)}{_by(request.groups)}"
    ranks = request.statistics.ranks
    calls = _calls(
        "analyze_performance",
        request,
        data,
        request.groups or (None,),
        metric=metrics[0] if len(metrics) == 1 else "all",
        **({"percentiles": ranks} if ranks else {}),
    )
    yield Step(f"The question is {subjects}. I measure it over {scope}.", tuple(calls))


def _costs(request: Request, data: DatasetSummary) -> Iterator[Step]:
    if Topic.COST not in request.topics:
        return
    source = (
        "The log has the cost of each request, so I sum it"
        if has(data, "cost_usd")
        else "The log has no costs; I see whether they can be computed from model and tokens"
    )
    groups: Sequence[GroupBy | None] = request.groups or _cost_groups(data)
    yield Step(
        f"The question is what requests cost. {source}{_by(tuple(filter(None, groups)))}.",
        tuple(_calls("analyze_costs", request, data, groups)),
    )


def _repeats(request: Request, data: DatasetSummary) -> Iterator[Step]:
    if Topic.REPEATS not in request.topics:
        return
    calls = _calls("usage_patterns", request, data)
    if request.groups and has(data, "cached_tokens") and Topic.COST not in request.topics:
        calls += _calls("analyze_costs", request, data, request.groups)
    where = f"{_scope(request, data)}{_by(request.groups)}"
    yield Step(f"The question is {Topic.REPEATS.value}. I look at {where}.", tuple(calls))


def _traffic(request: Request, data: DatasetSummary) -> Iterator[Step]:
    if Topic.TRAFFIC not in request.topics:
        return
    calls = [] if Topic.REPEATS in request.topics else _calls("usage_patterns", request, data)
    if request.groups and not request.metrics:
        calls += _calls("analyze_performance", request, data, request.groups, metric="all")
    where = f"{_scope(request, data)}{_by(request.groups)}"
    yield Step(
        f"The question is {Topic.TRAFFIC.value}. I look at the rhythm of {where}.", tuple(calls)
    )


def _count(request: Request, data: DatasetSummary) -> Iterator[Step]:
    if Topic.COUNT not in request.topics or Topic.TRAFFIC in request.topics:
        return
    calls = _calls("analyze_performance", request, data, request.groups or (None,), metric="all")
    scope = f"{_scope(request, data)}{_by(request.groups)}"
    yield Step(f"The question is {Topic.COUNT.value}. I count {scope}.", tuple(calls))


def _calls(
    tool: str,
    request: Request,
    data: DatasetSummary,
    groups: Sequence[GroupBy | None] = (None,),
    **more: Any,
) -> list[PlannedCall]:
    """
    One call for each period and group.

    The data set is the one that was looked at, not the one that is newest by then.
    """
    where = {"where": [condition.model_dump() for condition in request.where]}
    return [
        PlannedCall(
            tool,
            {
                **more,
                "period": period,
                **({"group_by": group} if group else {}),
                **(where if request.where else {}),
                "dataset": data.id,
            },
        )
        for period in request.periods
        for group in groups
    ]


def _cost_groups(data: DatasetSummary) -> Sequence[GroupBy | None]:
    """What costs are summed by when the question does not say: all that the data set has."""
    return _present(COST_GROUPS, data) or (None,)


def _present(groups: Sequence[GroupBy], data: DatasetSummary) -> list[GroupBy | None]:
    return [group for group in groups if has(data, COLUMN[group])]


def _scope(request: Request, data: DatasetSummary) -> str:
    rows = f"the {counted(data.rows, 'row')} of this data set"
    if request.where:
        rows = f"those of {rows} with {describe(request.where)}"
    return rows if request.periods == ALL else f"{rows}, {listing(request.periods)}"


def _by(groups: Sequence[GroupBy]) -> str:
    return f", by {listing([group.replace('_', ' ') for group in groups])}" if groups else ""
