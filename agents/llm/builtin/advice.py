"""The report of an optimisation: the best recommendation, all of them, and what was spent."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from agents.analytics.wording import counted
from agents.llm.builtin.formatting import money, table
from agents.llm.builtin.recommendations import Findings, Recommendation, recommend, to_log
from agents.llm.builtin.sections.costs import cost_section
from agents.llm.builtin.sections.section import joined
from agents.tools.costs import CostResult
from agents.tools.inspect_data import DatasetSummary
from agents.tools.patterns import PatternsResult
from agents.tools.performance import PerformanceResult
from agents.tools.results import Result

Kind = TypeVar("Kind", bound=Result)


def advice(data: DatasetSummary, results: Sequence[Result]) -> Iterator[str]:
    """The paragraphs, in the order in which they are read."""
    findings = Findings(
        costs=_first(results, CostResult),
        performance=_first(results, PerformanceResult),
        patterns=_first(results, PatternsResult),
    )
    found = recommend(findings)
    yield _lead(found)
    if any(item.saving_usd for item in found):
        yield _savings_table(found)
    for number, item in enumerate(found, start=1):
        yield _spelled_out(number, item)
    costs = [result for result in results if isinstance(result, CostResult)]
    sections = [cost_section(result, with_total=result is costs[0]) for result in costs]
    if spent := joined(sections):
        yield "### What was spent\n\n" + "\n\n".join(spent)
    if columns := to_log(data):
        yield f"### What the log lacks\n\nWith these columns more could be said:\n\n{columns}"


def _lead(found: Sequence[Recommendation]) -> str:
    if not found:
        return "Nothing in this data set stands out that could be made cheaper or faster."
    best = found[0]
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
