"""Reports: the answer first, with its figures; what backs it; what it rests on; what is missing."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from agents.analytics.performance import Measure
from agents.llm.builtin.advice import advice
from agents.llm.builtin.conversation import Exchange, Situation
from agents.llm.builtin.formatting import name, quoted
from agents.llm.builtin.planning import OPTIMIZATION
from agents.llm.builtin.question import Request, Topic
from agents.llm.builtin.sections import data as data_sections
from agents.llm.builtin.sections.costs import cost_section, worth_a_look
from agents.llm.builtin.sections.patterns import Subject, pattern_section
from agents.llm.builtin.sections.performance import performance_section
from agents.llm.builtin.sections.section import Section, joined
from agents.tools.costs import CostResult
from agents.tools.inspect_data import DatasetSummary, Inspection
from agents.tools.patterns import PatternsResult
from agents.tools.performance import MEASURES, PerformanceResult
from agents.tools.results import Result

RESULTS: dict[str, type[Result]] = {
    "analyze_performance": PerformanceResult,
    "analyze_costs": CostResult,
    "usage_patterns": PatternsResult,
}
OVERVIEW: tuple[Measure, ...] = (
    "input_tokens",
    "output_tokens",
    "latency_ms",
    "ttft_ms",
    "tokens_per_second",
)
OVERVIEW_LEADS: frozenset[Measure] = frozenset({"input_tokens", "output_tokens", "latency_ms"})


def without_data(inspection: Inspection) -> list[str]:
    """The report for a user who has no data set."""
    return joined([data_sections.how_to_provide(inspection)])


def without_inspection(problem: str | None) -> list[str]:
    """The report when not even the data could be looked at."""
    reason = quoted(problem) if problem else "this agent has no tool to look at data."
    return [f"I could not look at your data: {reason}"]


def report(plan: str, request: Request, situation: Situation, inspection: Inspection) -> list[str]:
    """The paragraphs of the report, in the order in which they are read."""
    data = inspection.dataset
    assert data is not None
    results = [found for found in map(_result, situation.exchanges) if found is not None]
    is_advice = plan == OPTIMIZATION or Topic.SAVINGS in request.topics
    return [
        *(advice(data, results) if is_advice else _answer(request, inspection, data, results)),
        *_failures(situation.exchanges, any_result=bool(results)),
        *_notes(results),
        *_footer(data, results, with_missing=not is_advice),
    ]


def _answer(
    request: Request, inspection: Inspection, data: DatasetSummary, results: Sequence[Result]
) -> Iterator[str]:
    sections = list(_sections(request, results))
    if not request.topics:
        possible = data_sections.possible_questions(data, inspection.answers)
        yield f"I do not see which figure this asks for. {possible}"
        # A short overview: what leads its sections, without their tables.
        sections = [Section(section.lead) for section in sections]
    if Topic.DATA in request.topics:
        yield from joined([data_sections.contents(data)])
        yield data_sections.possible_questions(data, inspection.answers)
    yield from joined(sections)
    if Topic.COST in request.topics:
        yield from _hint(results)


def _result(exchange: Exchange) -> Result | None:
    kind = RESULTS.get(exchange.tool)
    return exchange.result(kind) if kind else None


def _sections(request: Request, results: Sequence[Result]) -> Iterator[Section]:
    told_total = False
    for result in results:
        if isinstance(result, PerformanceResult):
            yield _performance(request, result)
        elif isinstance(result, CostResult):
            yield cost_section(result, with_total=not told_total)
            told_total = True
        elif isinstance(result, PatternsResult):
            yield pattern_section(result, leads=_pattern_leads(request))


def _performance(request: Request, result: PerformanceResult) -> Section:
    if not request.metrics and result.metric == "all":
        held = [measure for measure in OVERVIEW if measure in result.overall.measures]
        return performance_section(result, held, leads=OVERVIEW_LEADS, with_errors=True)
    asked = [measure for metric in request.metrics for measure in MEASURES[metric]]
    with_errors = Topic.ERRORS in request.topics
    section = performance_section(result, asked, leads=frozenset(asked), with_errors=with_errors)
    if with_errors and result.metric == "all" and "is_error" in result.missing:
        section.lead.append("The data set does not tell which requests failed.")
    return section


def _pattern_leads(request: Request) -> list[Subject]:
    named: dict[str, Subject] = {"user": "user", "feature": "feature", "model": "model"}
    leads: list[Subject] = [named[group] for group in request.groups if group in named]
    if Topic.REPEATS in request.topics:
        leads.append("repeats")
    return leads or ["rhythm"]


def _hint(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        if isinstance(result, CostResult) and result.savings.switches:
            yield worth_a_look(result.savings.switches[0])
            return


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
