"""The report of an optimisation: the best recommendation, all of them, and what was spent."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from agents.analytics.performance import COLUMNS, Measure
from agents.analytics.wording import counted, listing
from agents.llm.builtin.asking.vocabulary import METRICS, Topic
from agents.llm.builtin.formatting import money, table
from agents.llm.builtin.recommendations import Findings, Recommendation, recommend, to_log
from agents.llm.builtin.sections.costs import cost_section
from agents.llm.builtin.sections.data import missing_labels
from agents.llm.builtin.sections.performance import performance_section
from agents.llm.builtin.sections.section import Section, joined
from agents.tools.costs import CostResult
from agents.tools.inspect_data import DatasetSummary
from agents.tools.patterns import PatternsResult
from agents.tools.performance import MEASURES, PerformanceResult
from agents.tools.results import Result

Kind = TypeVar("Kind", bound=Result)


def advice(
    data: DatasetSummary, results: Sequence[Result], subjects: frozenset[Topic]
) -> Iterator[str]:
    """
    The paragraphs, in the order in which they are read.

    `subjects` are the measures that shall become better; without any it is what is spent.
    """
    findings = Findings(
        costs=_first(results, CostResult),
        performance=_first(results, PerformanceResult),
        patterns=_first(results, PatternsResult),
    )
    found = recommend(findings, subjects)
    yield " ".join([*_unmeasured(data, subjects), _lead(found, subjects)])
    if not subjects and any(item.saving_usd for item in found):
        yield _savings_table(found)
    for number, item in enumerate(found, start=1):
        yield _spelled_out(number, item)
    title, sections = _basis(results, findings, subjects)
    if basis := joined(sections):
        yield f"### {title}\n\n" + "\n\n".join(basis)
    if columns := to_log(data):
        yield f"### What the log lacks\n\nWith these columns more could be said:\n\n{columns}"


def _basis(
    results: Sequence[Result], findings: Findings, subjects: frozenset[Topic]
) -> tuple[str, list[Section]]:
    """What was measured, or, where money is the subject, what was spent."""
    if subjects and findings.performance is not None:
        asked = [measure for topic in METRICS if topic in subjects for measure in _of(topic)]
        section = performance_section(
            findings.performance,
            asked,
            leads=frozenset(asked),
            with_errors=Topic.ERRORS in subjects,
        )
        return "What was measured", [section]
    costs = [result for result in results if isinstance(result, CostResult)]
    return "What was spent", [
        cost_section(result, with_total=result is costs[0]) for result in costs
    ]


def _of(topic: Topic) -> tuple[Measure, ...]:
    return MEASURES[METRICS[topic]]


def _unmeasured(data: DatasetSummary, subjects: frozenset[Topic]) -> Iterator[str]:
    """What the log lacks to say how a measure could become better."""
    for topic in METRICS:
        needed = [column for measure in _of(topic) for column in COLUMNS[measure]]
        if topic in subjects and (lacked := [c for c in needed if c in data.missing]):
            yield (
                f"The data set has no {missing_labels(lacked, 'or')} column, so {topic.value} "
                "cannot be said."
            )


def _lead(found: Sequence[Recommendation], subjects: frozenset[Topic]) -> str:
    if not found:
        aims = [topic.value for topic in Topic if topic in subjects]
        about = f"would change {listing(aims)}" if aims else "could be made cheaper or faster"
        return f"Nothing in this data set stands out that {about}."
    best = found[0]
    if subjects:
        return f"**{best.title}.** {best.evidence}"
    if best.saving_usd:
        return (
            f"**{best.title}**: that saves at most **{money(best.saving_usd)}** of what was spent "
            f"in this period. {best.evidence}"
        )
    return (
        f"**{best.title}.** {best.evidence} What it saves cannot be computed from this data set"
        f"{_more(len(found) - 1)}."
    )


def _more(others: int) -> str:
    return f", nor what the {counted(others, 'other recommendation')} would" if others else ""


def _savings_table(found: Sequence[Recommendation]) -> str:
    rows = [
        [item.title, item.assumption.rstrip("."), money(item.saving_usd)]
        for item in found
        if item.saving_usd
    ]
    shown = table(["Recommendation", "If", "Saves at most"], rows, texts=2)
    return f"{shown}\n\nThe amounts overlap; do not add them up."


def _spelled_out(number: int, item: Recommendation) -> str:
    lines = [f"### {number}. {item.title}", "", f"- Rests on: {item.evidence}"]
    if item.saving_usd:
        lines.append(f"- Saves at most {money(item.saving_usd)}, if {item.assumption}")
    return "\n".join([*lines, f"- Next: {item.next_step}"])


def _first(results: Sequence[Result], kind: type[Kind]) -> Kind | None:
    return next((result for result in results if isinstance(result, kind)), None)
