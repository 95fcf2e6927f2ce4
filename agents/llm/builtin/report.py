"""Reports: the answer first, with its figures; what backs it; what it rests on; what is missing."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from agents.analytics.wording import counted, listing
from agents.catalog.analyst import Plan
from agents.llm.builtin.advice import advice
from agents.llm.builtin.answer import answer
from agents.llm.builtin.asking.request import Request
from agents.llm.builtin.asking.vocabulary import METRICS, Topic
from agents.llm.builtin.conversation import Exchange, Situation
from agents.llm.builtin.formatting import name, quoted
from agents.llm.builtin.results import RESULTS, result_of
from agents.llm.builtin.sections import data as data_sections
from agents.llm.builtin.sections.section import joined
from agents.tools.inspect_data import DatasetSummary, Inspection
from agents.tools.results import Result


def without_data(inspection: Inspection) -> list[str]:
    """The report for a user who has no data set."""
    return [*map(quoted, inspection.notes), *joined([data_sections.how_to_provide(inspection)])]


def without_inspection(problem: str | None) -> list[str]:
    """The report when not even the data could be looked at."""
    reason = quoted(problem) if problem else "this agent has no tool to look at data."
    return [f"I could not look at your data: {reason}"]


def report(plan: str, request: Request, situation: Situation, inspection: Inspection) -> list[str]:
    """The paragraphs of the report, in the order in which they are read."""
    data = inspection.dataset
    assert data is not None
    caveats = [*filter(None, [data.warning]), *inspection.notes, *request.caveats]
    said = [" ".join(map(quoted, caveats))] if caveats else []
    if request.absent:
        return [*said, *_absent(request, data)]
    results = [found for found in map(result_of, situation.exchanges) if found is not None]
    is_advice = plan == Plan.OPTIMIZATION or request.is_advice
    return [
        *said,
        *_restricted(results),
        *(
            advice(data, results, _aims(request))
            if is_advice
            else answer(request, inspection, data, situation)
        ),
        *_failures(situation.exchanges, any_result=bool(results)),
        *_notes(results),
        *_footer(data, results, with_missing=not is_advice),
    ]


def _aims(request: Request) -> frozenset[Topic]:
    """The measures that advice is asked for; without any it is money."""
    return frozenset() if Topic.COST in request.topics else request.topics & set(METRICS)


def _absent(request: Request, data: DatasetSummary) -> Iterator[str]:
    """For a question about what the data does not hold."""
    names = listing([name(absent) for absent in request.absent], "or")
    yield f"The data set {name(data.name)} has no requests of {names}, so I computed nothing."
    for column in ("model", "feature"):
        if values := data.values.get(column):
            yield f"Its {column}s are {listing([name(value) for value in values])}."


def _restricted(results: Sequence[Result]) -> list[str]:
    """Which rows all figures are about, when it is not all of them."""
    bases = [result.computed_from for result in results if result.computed_from.where]
    if not bases:
        return []
    basis = bases[0]
    rows = sorted({basis.rows for basis in bases})
    counts = " and ".join(f"{number:,}" for number in rows)
    of = f"{counts} of {counted(basis.rows_in_dataset, 'row')}"
    return [f"Only **{quoted(basis.where or '')}**: {of}."]


def _failures(exchanges: Iterator[Exchange], *, any_result: bool) -> list[str]:
    problems: dict[str, None] = {}
    for exchange in exchanges:
        kind: type[BaseModel] = RESULTS.get(exchange.tool, Inspection)
        if problem := exchange.problem(kind):
            problems[f"- {name(exchange.tool)}: {quoted(problem)}"] = None
    heading = "**Not everything worked.**" if any_result else "**I could not compute this.**"
    return [f"{heading}\n\n" + "\n".join(problems)] if problems else []


def _notes(results: Sequence[Result]) -> list[str]:
    notes = dict.fromkeys(note for result in results for note in result.notes)
    return [" ".join(notes)] if notes else []


def _footer(
    data: DatasetSummary, results: Sequence[Result], *, with_missing: bool
) -> Iterator[str]:
    if not results:
        return
    yield data_sections.computed_from([result.computed_from for result in results], data)
    if data.missing and with_missing:
        lacks = data_sections.missing_labels(data.missing, "and")
        them = "it" if len(data.missing) == 1 else "them"
        yield f"**Missing** in this data set: {lacks}. Nothing is said about {them}."
