"""The section about latency, size, speed and failures."""

from collections.abc import Callable, Sequence

from agents.analytics.extremes import FEWEST_TO_COMPARE
from agents.analytics.groups import Groups
from agents.analytics.performance import COLUMNS, GroupPerformance, Measure, Performance
from agents.analytics.wording import counted, listing
from agents.llm.builtin.formatting import count, duration, percent, table
from agents.llm.builtin.sections.section import Section, group_name, left_out
from agents.tools.performance import PerformanceResult

TITLES: dict[Measure, str] = {
    "latency_ms": "Latency",
    "ttft_ms": "Time to first token",
    "input_tokens": "Input tokens",
    "output_tokens": "Output tokens",
    "tokens_per_second": "Output tokens/s",
}
TIMES: frozenset[Measure] = frozenset({"latency_ms", "ttft_ms"})
TOTALS: frozenset[Measure] = frozenset({"input_tokens", "output_tokens"})

FEW_MEASURES = 2  # that a table of groups shows in detail


def performance_section(
    result: PerformanceResult,
    asked: Sequence[Measure],
    *,
    leads: frozenset[Measure],
    with_errors: bool,
) -> Section:
    """A table of what is `asked` for; `leads` of it, and failures, are also said in sentences."""
    overall = result.overall
    if not overall.requests:
        return Section()
    lead = [*_token_lead(overall, leads), *_time_lead(overall, leads)]
    with_errors = with_errors and overall.error_rate is not None
    if with_errors:
        lead += _error_lead(overall)
    lead += _unsaid(result, asked)
    shown = [measure for measure in asked if measure in overall.measures]
    blocks = [_overall_table(overall, shown)] if shown else []
    if result.groups and result.groups.items:
        lead += _slowest(result.groups, shown) or _largest(result.groups, shown)
        if with_errors and not shown:
            lead += _most_failures(result.groups)
        blocks.append(_group_table(result.groups, shown, with_errors=with_errors))
        blocks += left_out(result.groups.by, result.groups.left_out)
    return Section(lead, blocks)


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
    verbs: dict[Measure, str] = {"input_tokens": "read", "output_tokens": "wrote"}
    totals = [
        f"{verb} **{count(overall.measures[measure].total)} {TITLES[measure].lower()}**"
        for measure, verb in verbs.items()
        if measure in asked and measure in overall.measures
    ]
    lead = [f"{counted(overall.requests, 'request')} {' and '.join(totals)}."] if totals else []
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
        f"({overall.errors:,} of {overall.outcomes:,})."
    ]


def _slowest(groups: Groups[GroupPerformance], shown: Sequence[Measure]) -> list[str]:
    """Which group differs most in the first time that is shown."""
    measure = next((measure for measure in shown if measure in TIMES), None)
    known = [
        (item.measures[measure].p95, group_name(groups.by, item.key))
        for item in groups.items
        if measure in item.measures and item.requests >= FEWEST_TO_COMPARE
    ]
    if len(known) < 2:
        return []
    (least, fast), (most, slow) = min(known), max(known)
    return [
        f"By {groups.by}, {slow} is slowest with a p95 of {duration(most)}, {fast} fastest with "
        f"{duration(least)}."
    ]


def _largest(groups: Groups[GroupPerformance], shown: Sequence[Measure]) -> list[str]:
    """Which group has most of the first kind of tokens that is shown."""
    measure = next((measure for measure in shown if measure in TOTALS), None)
    known = [
        (item.measures[measure].total, group_name(groups.by, item.key))
        for item in groups.items
        if measure in item.measures
    ]
    if measure is None or len(known) < 2:
        return []
    total, key = max(known)
    return [f"The {groups.by} with most {TITLES[measure].lower()} is {key}: {count(total)}."]


def _most_failures(groups: Groups[GroupPerformance]) -> list[str]:
    known = [item for item in groups.items if item.requests >= FEWEST_TO_COMPARE]
    worst = max(known, key=lambda item: item.error_rate or 0, default=None)
    if worst is None or not worst.error_rate:
        return []
    return [
        f"By {groups.by}, {group_name(groups.by, worst.key)} fails most: "
        f"{percent(worst.error_rate)} ({worst.errors:,} of {worst.outcomes:,})."
    ]


def _overall_table(overall: Performance, shown: Sequence[Measure]) -> str:
    has_totals = bool(TOTALS & set(shown))
    header = ["", "requests", "mean", "p50", "p95", "p99", "max"]
    rows = []
    for measure in shown:
        found, write = overall.measures[measure], value_of(measure)
        ranks = (found.mean, found.p50, found.p95, found.p99, found.max)
        row = [TITLES[measure], f"{found.count:,}", *map(write, ranks)]
        total = count(found.total) if measure in TOTALS else ""
        rows.append([*row, total] if has_totals else row)
    return table([*header, "total"] if has_totals else header, rows)


def _group_table(
    groups: Groups[GroupPerformance], shown: Sequence[Measure], *, with_errors: bool
) -> str:
    figures = [(measure, figure) for measure in shown for figure in _figures(measure, shown)]
    header = [groups.by, "requests", *(f"{TITLES[m]} {figure}" for m, figure in figures)]
    rows = [
        [
            group_name(groups.by, item.key),
            f"{item.requests:,}",
            *(_figure(item, measure, figure) for measure, figure in figures),
            *([_error_rate(item)] if with_errors else []),
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


def _error_rate(item: GroupPerformance) -> str:
    return "" if item.error_rate is None else percent(item.error_rate)
