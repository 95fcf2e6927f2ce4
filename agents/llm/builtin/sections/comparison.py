"""The section that sets two periods side by side."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agents.analytics.cost import Spend
from agents.analytics.performance import Measure
from agents.analytics.wording import listing
from agents.llm.builtin.formatting import count, money, percent, table
from agents.llm.builtin.sections.performance import TIMES, TITLES, TOTALS, value_of
from agents.llm.builtin.sections.section import Section
from agents.tools.costs import CostResult
from agents.tools.patterns import PatternsResult
from agents.tools.performance import PerformanceResult
from agents.tools.results import Result

LEADING = 3  # figures that are said in a sentence


@dataclass(frozen=True, slots=True)
class _Figure:
    value: float
    write: Callable[[float], str]


def comparison_section(
    periods: Sequence[str], results: Sequence[Sequence[Result]], asked: Sequence[Measure]
) -> Section:
    """A row for each figure that all `periods` have; `results` are those of each of them."""
    columns = [dict(_figures(of_period, asked)) for of_period in results]
    common = [name for name in columns[0] if all(name in column for column in columns)]
    if not common:
        return Section()
    rows = [
        [
            figure,
            *(column[figure].write(column[figure].value) for column in columns),
            _change(columns[0][figure].value, columns[-1][figure].value),
        ]
        for figure in common
    ]
    last = f"{periods[0]} against {periods[-1]}"
    spoken = [name for name in common if name != "Requests"] or common
    lead = [
        f"{row[0]}: **{row[1]}** {periods[0]}, **{row[-2]}** {periods[-1]} ({row[-1]})."
        for row in rows
        if row[0] in spoken[:LEADING]
    ]
    partly = [
        period
        for period, of_period in zip(periods, results, strict=True)
        if not all(result.computed_from.covers_period for result in of_period)
    ]
    if partly:
        lead.append(f"The data does not cover all of {listing(partly)}, so totals differ by that.")
    return Section(lead, [table(["", *periods, last], rows)])


def _figures(results: Sequence[Result], asked: Sequence[Measure]) -> Iterator[tuple[str, _Figure]]:
    for result in results:
        if isinstance(result, PerformanceResult):
            yield from _performance(result, asked)
        elif isinstance(result, CostResult) and result.costs is not None:
            yield from _costs(result.costs.total)
        elif isinstance(result, PatternsResult) and result.rhythm is not None:
            yield from _requests(result.rhythm.requests)


def _requests(requests: int | None) -> Iterator[tuple[str, _Figure]]:
    if requests is not None:
        yield "Requests", _Figure(requests, count)


def _costs(total: Spend) -> Iterator[tuple[str, _Figure]]:
    costed = total.requests - total.uncosted
    if total.requests:
        yield "Requests", _Figure(total.requests, count)
    if costed or (total.cost_usd and not total.requests):
        yield "Cost", _Figure(float(total.cost_usd), _dollars)
    if costed:
        yield "Cost per 1,000", _Figure(float(total.cost_usd) * 1000 / costed, _dollars)


def _performance(
    result: PerformanceResult, asked: Sequence[Measure]
) -> Iterator[tuple[str, _Figure]]:
    overall = result.overall
    yield from _requests(overall.requests)
    if overall.error_rate is not None and result.metric in ("all", "errors"):
        yield "Failed", _Figure(overall.error_rate, percent)
    for measure in overall.totals.keys() & set(asked):
        yield TITLES[measure], _Figure(overall.totals[measure].total, count)
    for measure in asked:
        if found := overall.measures.get(measure):
            write = value_of(measure)
            if measure in TOTALS:
                yield TITLES[measure], _Figure(found.total, write)
            yield f"{TITLES[measure]} p50", _Figure(found.p50, write)
            if measure in TIMES:
                yield f"{TITLES[measure]} p95", _Figure(found.p95, write)


def _dollars(amount: float) -> str:
    return money(Decimal(str(amount)))


def _change(value: float, reference: float) -> str:
    if not reference:
        return ""
    change = value / reference - 1
    if abs(change) < 0.0005:
        return "the same"
    return f"{percent(abs(change))} {'more' if change > 0 else 'less'}"
