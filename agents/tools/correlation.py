"""The tool for what goes with latency, cost and failures."""

from typing import Literal, get_args

from agents.analytics.charts import Axis, BarChart, Series
from agents.analytics.correlation import (
    MOST_ROWS,
    NAMES,
    NUMBERS,
    Correlations,
    NumberEffect,
    Target,
    correlations,
)
from agents.analytics.filters import Condition
from agents.analytics.profile import Profile
from agents.analytics.schema import BY_NAME
from agents.analytics.wording import listing
from agents.tools.base import Call, tool
from agents.tools.results import Opened, Result, no_rows, one_of, only_sums, opened

CorrelationTarget = Literal["latency", "ttft", "cost", "errors"]

TARGETS: dict[CorrelationTarget, Target] = {
    "latency": "latency_ms",
    "ttft": "ttft_ms",
    "cost": "cost_usd",
    "errors": "is_error",
}
CAUTION = "What goes together need not cause each other, and requests of one session are alike."


class CorrelationResult(Result):
    """None: the data set does not hold the target."""

    correlations: Correlations | None = None


@tool(read_only=True)
def correlate(
    call: Call,
    target: CorrelationTarget = "latency",
    period: str = "all",
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> CorrelationResult:
    """
    Say what goes with latency, time to first token, cost or errors, and how strongly.

    Compared are input and output tokens, the cached share and how many requests ran at once (rank
    correlation within models, so that a mix of models is not taken for an effect), and model,
    feature, user, provider, tier, hour and weekday (share explained, highest and lowest group).
    Strengths are "none", "weak", "moderate", "strong" and "very strong". It says nothing of causes.

    Args:
        target: What to explain.
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        dataset: Id or name; without it the run's chosen or newest one.
        where: Compare only requests that satisfy all of these.
    """
    one_of(target, get_args(CorrelationTarget), "target")
    with opened(call, dataset, period, where) as data:
        column = TARGETS[target]
        sums = only_sums(data.profile, f"what goes with {target}")
        result = CorrelationResult(
            computed_from=data.basis, notes=[*filter(None, [no_rows(data.basis), sums])]
        )
        if not data.basis.rows or sums:
            return result
        if not data.profile.has(column):
            return _without(result, data.profile, column)
        return _with(result, data, column)


def _with(result: CorrelationResult, data: Opened, target: Target) -> CorrelationResult:
    has = data.profile.has
    numbers = [factor for factor, columns in NUMBERS.items() if has(*columns)]
    names = [factor for factor, columns in NAMES.items() if has(*columns)]
    found = correlations(data.table, target, numbers, names)
    return result.model_copy(
        update={
            "correlations": found,
            "notes": [*result.notes, *_notes(found), CAUTION],
            "charts": [_chart(found.numbers)] if found.numbers else [],
        }
    )


def _without(result: CorrelationResult, profile: Profile, column: Target) -> CorrelationResult:
    held = [BY_NAME[name].label for name in TARGETS.values() if profile.has(name)]
    instead = f" It can be asked for {listing(held, 'or')}." if held else ""
    label = BY_NAME[column].label
    sentence = f"The data set has no {label} column, so what goes with it cannot be said.{instead}"
    return result.model_copy(update={"missing": [column], "notes": [*result.notes, sentence]})


def _notes(found: Correlations) -> list[str]:
    notes = []
    if found.is_sample:
        notes.append(f"Compared is a fixed sample of about {MOST_ROWS:,} requests.")
    if found.too_little:
        words = [factor.replace("_", " ") for factor in found.too_little]
        notes.append(f"Too few values, or all alike: {listing(words)}.")
    if mixed := [
        effect.factor.replace("_", " ") for effect in found.numbers if effect.mix_of_models
    ]:
        notes.append(
            f"Over all models together {listing(mixed)} would seem to go with it otherwise than "
            "within each model: that is the mix of models."
        )
    if found.target == "cost_usd":
        notes.append("A request is billed by its tokens, so cost goes with them by its nature.")
    return notes


def _chart(effects: list[NumberEffect]) -> BarChart:
    return BarChart(
        title="How strongly each goes with it, within models",
        x_axis=Axis(label="factor", kind="category"),
        y_axis=Axis(label="rank correlation, -1 to 1"),
        x=[effect.factor.replace("_", " ") for effect in effects],
        series=[
            Series(
                name="within models",
                y=[effect.within_models for effect in effects],
                low=[effect.low for effect in effects],
                high=[effect.high for effect in effects],
            )
        ],
    )
