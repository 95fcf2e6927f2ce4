"""The section about latency, size, speed and failures."""

from collections.abc import Callable, Iterator, Sequence

from agents.analytics.groups import Groups
from agents.analytics.performance import (
    COLUMNS,
    Distribution,
    GroupPerformance,
    Measure,
    Performance,
)
from agents.analytics.wording import counted, listing
from agents.llm.builtin.asking.statistics import Statistics
from agents.llm.builtin.formatting import count, duration, figure, percent, table
from agents.llm.builtin.sections.section import Section, contrast, group_name, group_noun, left_out
from agents.tools.performance import PerformanceResult

TITLES: dict[Measure, str] = {
    "latency_ms": "Latency",
    "ttft_ms": "Time to first token",
    "input_tokens": "Input tokens",
    "output_tokens": "Output tokens",
    "tokens_per_second": "Output tokens/s",
}
TIMES: frozenset[Measure] = frozenset({"latency_ms", "ttft_ms"})
VERBS: dict[Measure, str] = {"input_tokens": "read", "output_tokens": "wrote"}
TOTALS: frozenset[Measure] = frozenset({"input_tokens", "output_tokens"})

NO_STATISTICS = Statistics()
FEW_MEASURES = 2  # that a table of groups shows in detail
NAMES = {"max": "maximum", "min": "minimum", "standard_deviation": "standard deviation"}


def performance_section(
    result: PerformanceResult,
    asked: Sequence[Measure],
    *,
    leads: frozenset[Measure],
    with_errors: bool = False,
    with_count: bool = False,
    statistics: Statistics = NO_STATISTICS,
) -> Section:
    """
    A table of what is `asked` for; `leads` of it, and failures, are also said in sentences.

    Where `statistics` are named, the sentences say these instead of the usual percentiles.
    """
    overall = result.overall
    if overall.requests == 0:
        return Section()
    if overall.totals:
        return _of_sums(result, asked, with_count=with_count)
    with_errors = with_errors and overall.error_rate is not None
    shown = [measure for measure in asked if measure in overall.measures]
    lead = _count_lead(overall) if with_count else []
    if statistics.names:
        lead += _statistics_lead(overall, [m for m in shown if m in leads], statistics)
    else:
        lead += [*_token_lead(overall, leads), *_time_lead(overall, leads)]
    if with_errors:
        lead += _error_lead(overall)
    lead += _unsaid(result, asked)
    blocks = [_overall_table(overall, shown, statistics)] if shown else []
    if shown and overall.errors:
        blocks.append(f"The {counted(overall.errors, 'failed request')} are included.")
    if result.groups and result.groups.items:
        lead += _contrasts(result.groups, shown, with_errors=with_errors, with_count=with_count)
        blocks.append(_group_table(result.groups, shown, with_errors=with_errors))
        blocks += left_out(result.groups.by, result.groups.left_out)
    return Section(lead, blocks)


def _count_lead(overall: Performance) -> list[str]:
    if overall.requests is None:
        return []  # the result says itself that none are counted
    return [f"There are **{counted(overall.requests, 'request')}**."]


def _of_sums(result: PerformanceResult, asked: Sequence[Measure], *, with_count: bool) -> Section:
    """What is said of rows that are sums of requests: totals, and means where these are counted."""
    overall = result.overall
    shown = [measure for measure in overall.totals if measure in asked]
    subject = "The requests" if overall.requests is None else counted(overall.requests, "request")
    totals = [
        f"{VERBS[measure]} **{count(overall.totals[measure].total)} {TITLES[measure].lower()}**"
        for measure in shown
    ]
    lead = _count_lead(overall) if with_count else []
    lead += [f"{subject} {' and '.join(totals)}."] if totals else []
    means = [
        f"{count(total.mean)} {TITLES[measure].lower()}"
        for measure in shown
        if (total := overall.totals[measure]).mean is not None
    ]
    lead += [f"That is {listing(means)} per request on average."] if means else []
    blocks = []
    if (groups := result.groups) and groups.items:
        lead += _contrasts(groups, shown, with_errors=False, with_count=with_count)
        blocks = [_sums_table(groups, shown), *left_out(groups.by, groups.left_out)]
    return Section(lead, blocks)


def _sums_table(groups: Groups[GroupPerformance], shown: Sequence[Measure]) -> str:
    rows = [
        [
            group_name(groups.by, item.key),
            figure(item.requests),
            *(
                count(item.totals[measure].total) if measure in item.totals else ""
                for measure in shown
            ),
        ]
        for item in groups.items
    ]
    header = [group_noun(groups.by), "requests", *(TITLES[measure] for measure in shown)]
    return table(header, rows)


def _contrasts(
    groups: Groups[GroupPerformance],
    shown: Sequence[Measure],
    *,
    with_errors: bool,
    with_count: bool,
) -> Iterator[str]:
    """Which groups differ most in what is asked for."""
    if with_count or not (shown or with_errors):
        yield from contrast(groups, "requests", "has most requests", "has fewest", count)
    if with_errors and groups.by != "error":  # all of these failed
        yield from contrast(groups, "error_rate", "fails most", "fails least", percent)
    if with_errors:
        yield from contrast(groups, "errors", "has most failures", "has fewest", count)
    measure = next((measure for measure in shown if measure in TIMES), None)
    if measure:
        yield from contrast(groups, f"{measure}.p95", "is slowest", "is fastest", _p95)
    elif measure := next((measure for measure in shown if measure in TOTALS), None):
        what = TITLES[measure].lower()
        yield from contrast(groups, f"{measure}.total", f"has most {what}", "has fewest", count)
        mean = "has most per request on average"
        yield from contrast(groups, f"{measure}.mean", mean, "has fewest", count)
    elif "tokens_per_second" in shown:
        figure = "tokens_per_second.p50"
        yield from contrast(groups, figure, "is fastest", "is slowest", _per_second)


def _p95(milliseconds: float) -> str:
    return f"p95 {duration(milliseconds)}"


def _per_second(tokens: float) -> str:
    return f"median {count(tokens)} tokens/s"


def _statistics_lead(
    overall: Performance, measures: Sequence[Measure], statistics: Statistics
) -> Iterator[str]:
    for measure in measures:
        found = overall.measures[measure]
        values = [
            f"{NAMES.get(asked, asked)} **{value_of(measure)(value)}**"
            for asked in statistics.names
            if (value := _statistic(found, asked)) is not None
        ]
        if values:
            yield f"{TITLES[measure]}: {listing(values)}."


def _statistic(found: Distribution, asked: str) -> float | None:
    if asked in found.others:
        return found.others[asked]
    value: float | None = getattr(found, asked, None)
    return value


def _unsaid(result: PerformanceResult, asked: Sequence[Measure]) -> list[str]:
    """What was asked for and the data set lacks; a result about one metric says it itself."""
    lacked = [
        TITLES[measure].lower()
        for measure in asked
        if measure not in result.overall.measures and set(COLUMNS[measure]) & set(result.missing)
    ]
    if not lacked or result.metric != "all":
        return []
    return [f"The data set does not hold what {listing(lacked)} would be computed from."]


def value_of(measure: Measure) -> Callable[[float], str]:
    """How figures of a measure are written."""
    return duration if measure in TIMES else count


def _token_lead(overall: Performance, asked: frozenset[Measure]) -> list[str]:
    totals = [
        f"{verb} **{count(overall.measures[measure].total)} {TITLES[measure].lower()}**"
        for measure, verb in VERBS.items()
        if measure in asked and measure in overall.measures
    ]
    requests = counted(overall.requests or 0, "request")
    lead = [f"{requests} {' and '.join(totals)}."] if totals else []
    if "output_tokens" in asked and (answers := overall.measures.get("output_tokens")):
        lead.append(
            f"Half of the answers have at most **{count(answers.p50)}** output tokens, 95 % at "
            f"most **{count(answers.p95)}** and 99 % at most **{count(answers.p99)}**."
        )
    elif "input_tokens" in asked and (prompts := overall.measures.get("input_tokens")):
        lead.append(
            f"Half of the prompts have at most **{count(prompts.p50)}** tokens, 95 % at most "
            f"**{count(prompts.p95)}**."
        )
    return lead


def _time_lead(overall: Performance, asked: frozenset[Measure]) -> list[str]:
    subjects: dict[Measure, str] = {
        "latency_ms": "requests take up to",
        "ttft_ms": "first tokens come within",
    }
    lead = []
    for measure, subject in subjects.items():
        if measure in asked and (found := overall.measures.get(measure)):
            lead.append(
                f"Half of the {subject} **{duration(found.p50)}**, 95 % up to "
                f"**{duration(found.p95)}** and 99 % up to {duration(found.p99)}."
            )
    if "tokens_per_second" in asked and (speed := overall.measures.get("tokens_per_second")):
        lead.append(f"At the median an answer comes at **{count(speed.p50)} tokens/s**.")
    return lead


def _error_lead(overall: Performance) -> list[str]:
    return [
        f"**{percent(overall.error_rate or 0)}** of the requests failed "
        f"({overall.errors:,} of {overall.outcomes:,}); "
        f"{overall.outcomes - overall.errors:,} succeeded."
    ]


def _overall_table(overall: Performance, shown: Sequence[Measure], statistics: Statistics) -> str:
    has_totals = bool(TOTALS & set(shown))
    names = ["mean", "p50", "p95", "p99", "max"]
    names += [asked for asked in statistics.names if asked not in names]
    header = ["", "requests", *(NAMES.get(asked, asked) for asked in names)]
    rows = []
    for measure in shown:
        found, write = overall.measures[measure], value_of(measure)
        values = [_statistic(found, asked) for asked in names]
        cells = ["" if value is None else write(value) for value in values]
        row = [TITLES[measure], f"{found.count:,}", *cells]
        total = count(found.total) if measure in TOTALS else ""
        rows.append([*row, total] if has_totals else row)
    return table([*header, "total"] if has_totals else header, rows)


def _group_table(
    groups: Groups[GroupPerformance], shown: Sequence[Measure], *, with_errors: bool
) -> str:
    figures = [(measure, figure) for measure in shown for figure in _figures(measure, shown)]
    header = [
        group_noun(groups.by),
        "requests",
        *(f"{TITLES[m]} {figure}" for m, figure in figures),
    ]
    rows = [
        [
            group_name(groups.by, item.key),
            figure(item.requests),
            *(_figure(item, measure, figure) for measure, figure in figures),
            *([_failed(item)] if with_errors else []),
        ]
        for item in groups.items
    ]
    return table([*header, "failed"] if with_errors else header, rows)


def _figures(measure: Measure, shown: Sequence[Measure]) -> tuple[str, ...]:
    """What a table of groups shows of a measure: the more measures, the less of each."""
    if len(shown) > FEW_MEASURES:
        return ("p50", "p95") if measure == "latency_ms" else ("p50",)
    return ("total", "p50", "p95") if measure in TOTALS else ("p50", "p95", "p99")


def _figure(item: GroupPerformance, measure: Measure, figure: str) -> str:
    found = item.measures.get(measure)
    return value_of(measure)(getattr(found, figure)) if found else ""


def _failed(item: GroupPerformance) -> str:
    return "" if item.error_rate is None else f"{percent(item.error_rate)} ({item.errors:,})"
