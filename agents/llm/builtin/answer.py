"""The part of a report that answers the question: what leads it, then what backs that."""

import re
from collections.abc import Iterator, Sequence

from agents.analytics.performance import Measure
from agents.llm.builtin.asking.request import Request
from agents.llm.builtin.asking.vocabulary import Topic
from agents.llm.builtin.conversation import Situation
from agents.llm.builtin.results import result_of
from agents.llm.builtin.sections import data as data_sections
from agents.llm.builtin.sections.comparison import comparison_section
from agents.llm.builtin.sections.costs import cost_section, worth_a_look
from agents.llm.builtin.sections.patterns import Subject, pattern_section
from agents.llm.builtin.sections.performance import performance_section
from agents.llm.builtin.sections.section import Section, joined
from agents.tools.costs import CostResult
from agents.tools.inspect_data import DatasetSummary, Inspection
from agents.tools.patterns import PatternsResult
from agents.tools.performance import MEASURES, PerformanceResult
from agents.tools.results import Result

OVERVIEW: tuple[Measure, ...] = (
    "input_tokens",
    "output_tokens",
    "latency_ms",
    "ttft_ms",
    "tokens_per_second",
)
COSTLY = frozenset({Topic.COST, Topic.OVERVIEW})
OVERVIEW_LEADS: frozenset[Measure] = frozenset({"input_tokens", "output_tokens", "latency_ms"})


def answer(
    request: Request, inspection: Inspection, data: DatasetSummary, situation: Situation
) -> Iterator[str]:
    if not request.topics:
        possible = data_sections.possible_questions(data, inspection.answers)
        yield f"I answer questions in English about a usage log. {possible}"
        return
    if Topic.DATA in request.topics:
        yield from joined([data_sections.contents(data)])
        yield data_sections.possible_questions(data, inspection.answers)
    by_period = list(_by_period(request, situation))
    if len(by_period) > 1:
        periods, results = [list(column) for column in zip(*by_period, strict=True)]
        yield from joined([comparison_section(periods, results, _measures(request))])
        for period, found in by_period:
            paragraphs = joined(list(_sections(request, found)))
            yield "\n\n".join([f"### {period[:1].upper()}{period[1:]}", *paragraphs])
        return
    for _, found in by_period:
        yield from joined(list(_sections(request, found)))
        if Topic.COST in request.topics and not request.where:
            yield from _hint(found)


def _by_period(request: Request, situation: Situation) -> Iterator[tuple[str, list[Result]]]:
    """The results for each period, as the calls named it."""
    for period in request.periods:
        of_period = [
            found
            for exchange in situation.exchanges
            if exchange.arguments.get("period") == period
            and (found := result_of(exchange)) is not None
        ]
        if of_period:
            yield period, of_period


def _sections(request: Request, results: Sequence[Result]) -> Iterator[Section]:
    told_total = False
    for result in results:
        if isinstance(result, PerformanceResult):
            yield _performance(request, result)
        elif isinstance(result, CostResult) and request.topics & COSTLY:
            section = cost_section(
                result, with_total=not told_total, per_request=_about_requests(request)
            )
            yield section
            told_total = True
        elif isinstance(result, CostResult):
            yield Section(blocks=cost_section(result).blocks)
        elif isinstance(result, PatternsResult):
            yield pattern_section(result, leads=_pattern_leads(request))


def _about_requests(request: Request) -> bool:
    """Whether the question is what single requests cost."""
    about = r"(?:per|an?|each|single) (?:\w+ )?(?:request|call)\b|\bcheaper than\b"
    return bool(request.statistics.names) or re.search(about, request.words) is not None


def _measures(request: Request) -> list[Measure]:
    """What is asked for, or everything in an overview."""
    asked = [measure for metric in request.metrics for measure in MEASURES[metric]]
    return asked or (list(OVERVIEW) if Topic.OVERVIEW in request.topics else [])


def _performance(request: Request, result: PerformanceResult) -> Section:
    if Topic.OVERVIEW in request.topics:
        held = [measure for measure in OVERVIEW if measure in result.overall.measures]
        return performance_section(result, held, leads=OVERVIEW_LEADS, with_errors=True)
    if Topic.TRAFFIC in request.topics and not request.metrics:
        return Section(blocks=performance_section(result, [], leads=frozenset()).blocks)
    asked = _measures(request)
    with_errors = Topic.ERRORS in request.topics
    section = performance_section(
        result,
        asked,
        leads=frozenset(asked),
        with_errors=with_errors,
        with_count=Topic.COUNT in request.topics,
        statistics=request.statistics,
    )
    if with_errors and result.metric == "all" and "is_error" in result.missing:
        section.lead.append("The data set does not tell which requests failed.")
    return section


def _pattern_leads(request: Request) -> list[Subject]:
    named: dict[str, Subject] = {"user": "user", "feature": "feature", "model": "model"}
    leads: list[Subject] = [named[group] for group in request.groups if group in named]
    if counted_what := re.search(
        r"how many (?:\w+ )?(user|feature|model|customer)s", request.words
    ):
        leads.insert(0, named.get(counted_what[1], "user"))
    if Topic.REPEATS in request.topics:
        leads.append("repeats")
    if re.search(r"\bbus(?:y|iest) (?:\w+ )?days?|\bdays?\b.*\bmost\b", request.words):
        leads.append("days")
    if Topic.TRAFFIC in request.topics and "token" in request.words:
        leads.append("tokens")
    return list(dict.fromkeys(leads)) or ["rhythm"]


def _hint(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        if isinstance(result, CostResult) and result.savings.switches:
            yield worth_a_look(result.savings.switches[0])
            return
