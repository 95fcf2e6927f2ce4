"""Which tools answer a question, in which order, and why: the steps of a plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agents.analytics.groups import COLUMN, GroupBy
from agents.analytics.wording import counted, listing
from agents.llm.builtin.question import METRICS, Request, Topic
from agents.tools.inspect_data import DatasetSummary

OPTIMIZATION = "optimization"

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
    if plan == OPTIMIZATION or Topic.SAVINGS in request.topics:
        return _optimization(request, data)
    steps = [*_measurements(request, data), *_costs(request, data), *_traffic(request, data)]
    if steps or request.topics == {Topic.DATA}:
        return steps
    return _overview(request, data)


def has(data: DatasetSummary, *columns: str) -> bool:
    """Whether the data set has values in these normalised columns."""
    return not set(columns) & set(data.missing)


def _optimization(request: Request, data: DatasetSummary) -> list[Step]:
    costs = [_call("analyze_costs", request, data, group) for group in _cost_groups(data)]
    models = _present(("model",), data)
    rest = [
        _call("analyze_performance", request, data, *models, metric="all"),
        _call("usage_patterns", request, data),
    ]
    return [
        Step(
            "To find what can be saved I first see where the money goes. Dear models that do "
            "small work, repeated requests and failed ones show up there.",
            tuple(costs),
        ),
        Step(
            "What is cheaper must not be slower or less reliable, so I measure latency and "
            "errors model by model, and look at peaks, repetition and who asks most.",
            tuple(rest),
        ),
    ]


def _overview(request: Request, data: DatasetSummary) -> list[Step]:
    why = (
        "This asks for no single figure, so I give an overview"
        if request.topics
        else "I do not see which figure this asks for, so I give a short overview"
    )
    calls = [_call("analyze_performance", request, data, *_present(("model",), data), metric="all")]
    if has(data, "cost_usd") or has(data, "model", "input_tokens", "output_tokens"):
        calls.append(_call("analyze_costs", request, data, *_present(COST_GROUPS, data)[:1]))
    if has(data, "timestamp"):
        calls.append(_call("usage_patterns", request, data))
    return [Step(f"{why} of what {_scope(request, data)} can tell.", tuple(calls))]


def _measurements(request: Request, data: DatasetSummary) -> Iterator[Step]:
    metrics = request.metrics
    if not metrics:
        return
    metric = metrics[0] if len(metrics) == 1 else "all"
    subjects = listing([topic.value for topic in METRICS if topic in request.topics])
    scope = f"{_scope(request, data)}{_by(request.groups)}"
    groups: Sequence[GroupBy | None] = request.groups or (None,)
    calls = [_call("analyze_performance", request, data, group, metric=metric) for group in groups]
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
    calls = tuple(_call("analyze_costs", request, data, group) for group in groups)
    yield Step(
        f"The question is what requests cost. {source}{_by(tuple(filter(None, groups)))}.", calls
    )


def _traffic(request: Request, data: DatasetSummary) -> Iterator[Step]:
    if not request.topics & {Topic.TRAFFIC, Topic.REPEATS}:
        return
    calls = [_call("usage_patterns", request, data)]
    if Topic.TRAFFIC in request.topics and not request.metrics:
        calls += [
            _call("analyze_performance", request, data, group, metric="errors")
            for group in request.groups
        ]
    subjects = [topic.value for topic in (Topic.TRAFFIC, Topic.REPEATS) if topic in request.topics]
    yield Step(
        f"The question is {listing(subjects)}. I look at the rhythm of {_scope(request, data)}"
        f"{_by(request.groups)}.",
        tuple(calls),
    )


def _call(
    tool: str, request: Request, data: DatasetSummary, group: GroupBy | None = None, **more: Any
) -> PlannedCall:
    """A call whose data set is the one that was looked at, not the one that is newest by then."""
    grouped = {"group_by": group} if group else {}
    arguments = {**more, "period": request.period, **grouped, "dataset": data.id}
    return PlannedCall(tool, arguments)


def _cost_groups(data: DatasetSummary) -> Sequence[GroupBy | None]:
    """What costs are summed by when the question does not say: all that the data set has."""
    return _present(COST_GROUPS, data) or (None,)


def _present(groups: Sequence[GroupBy], data: DatasetSummary) -> list[GroupBy]:
    return [group for group in groups if has(data, COLUMN[group])]


def _scope(request: Request, data: DatasetSummary) -> str:
    rows = f"the {counted(data.rows, 'row')} of this data set"
    return rows if request.period == "all" else f"{rows}, {request.period}"


def _by(groups: Sequence[GroupBy]) -> str:
    return f", by {listing(list(groups))}" if groups else ""
