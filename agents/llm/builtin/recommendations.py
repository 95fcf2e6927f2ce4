"""What to change, ranked by what it brings; each with the figure it rests on and the next step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agents.analytics.performance import GroupPerformance
from agents.analytics.schema import BY_NAME
from agents.analytics.switching import Switch
from agents.analytics.wording import counted
from agents.llm.builtin.asking.vocabulary import Topic
from agents.llm.builtin.formatting import count, duration, money, name, percent, times
from agents.llm.builtin.sections.costs import share_of
from agents.tools.costs import CostResult
from agents.tools.inspect_data import DatasetSummary
from agents.tools.patterns import PatternsResult
from agents.tools.performance import PerformanceResult

LEAST_REPEATED = 0.02  # share of requests from which a cache of answers is worth its upkeep
MUCH_FAILING = 0.02  # share of a model's requests
LONG_TAIL = 10  # p99 over p50; above it a few requests block what waits for them
LEAST_REQUESTS = 100  # of a model, for its tail or its failures to say something
STEEP_PEAK = 3  # peak over mean
DOMINANT_USER = 0.1  # share of all requests …
DOMINANT_RATIO = 3  # … and how many times those of the next user
LONG_PROMPT = 1000  # tokens at the mean; prompt caches begin at about as many
LOW_CACHE_USE = 0.3  # share of input tokens

TIME = frozenset({Topic.LATENCY, Topic.TTFT})

QUANTIFIES = {
    "cost_usd": "what each request really cost",
    "model": "which model answered, for prices and comparisons",
    "feature": "which feature asked, to see what is too large for its work",
    "latency_ms": "where time goes, and how many requests run at once",
    "prompt_hash": "how much a cache of answers would save",
    "cached_tokens": "whether the prompt cache is used",
    "status": "which requests fail",
    "user_id": "who causes load and cost",
}
"""What a missing column would allow to say."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`saving_usd` is an upper bound for the period, None where the log cannot tell."""

    title: str
    evidence: str
    next_step: str
    saving_usd: Decimal | None = None
    assumption: str = ""
    helps: frozenset[Topic] = frozenset()  # measures that it makes better, beside what is spent


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tools of an optimisation returned; None for those that failed."""

    costs: CostResult | None
    performance: PerformanceResult | None
    patterns: PatternsResult | None


def recommend(findings: Findings, subjects: frozenset[Topic] = frozenset()) -> list[Recommendation]:
    """Those that help with `subjects`, or all; those with the largest saving first."""
    found = [
        *_from_costs(findings.costs),
        *_from_performance(findings.performance),
        *_from_patterns(findings),
    ]
    fitting = [item for item in found if not subjects or item.helps & subjects]
    return sorted(fitting, key=lambda item: -(item.saving_usd or 0))


def to_log(data: DatasetSummary) -> str | None:
    """A list of the columns that the log lacks, with what each would allow to say."""
    lines = [
        f"- {BY_NAME[column].label}: {purpose}"
        for column, purpose in QUANTIFIES.items()
        if column in data.missing
    ]
    return "\n".join(lines) or None


def _from_costs(result: CostResult | None) -> Iterator[Recommendation]:
    if result is None or result.costs is None:
        return
    total = result.costs.total.cost_usd
    for switch in result.savings.switches or []:
        yield _switch(switch, total)
    repeated, failed = result.savings.repeated_requests, result.savings.failed_requests
    if repeated and repeated.share >= LEAST_REPEATED:
        yield Recommendation(
            title="Answer repeated requests from a cache",
            evidence=f"{percent(repeated.share)} of the requests ({repeated.requests:,} of "
            f"{repeated.looked_at:,}) repeat an earlier prompt to the same model, and cost "
            f"{money(repeated.cost_usd)}.",
            saving_usd=repeated.cost_usd,
            assumption="an old answer still is a good one.",
            next_step="Keep answers by prompt and model for an hour where they do not depend on "
            "the user, and watch the hit rate and complaints.",
            helps=TIME | {Topic.INPUT, Topic.OUTPUT},
        )
    if failed and failed.cost_usd:
        is_paid = result.costs.basis == "log"
        amount = money(failed.cost_usd)
        cost = f"cost {amount}" if is_paid else f"would cost {amount} at list prices"
        yield Recommendation(
            title="Do not pay for requests that fail",
            evidence=f"{counted(failed.requests, 'failed request')} {cost}.",
            saving_usd=failed.cost_usd,
            assumption="all of them can be avoided."
            if is_paid
            else "the provider charges for them, which the log does not tell, and all of them can "
            "be avoided.",
            next_step="Group them by error, and limit retries of those that cannot succeed.",
            helps=frozenset({Topic.ERRORS}),
        )


def _switch(switch: Switch, total: Decimal) -> Recommendation:
    feature, model, other = map(name, (switch.feature, switch.model, switch.other_model))
    if switch.share_of_other_model is not None:
        share = percent(switch.share_of_other_model)
        reason = f"{other} already answers {share} of this feature's requests"
    elif switch.other_from == "log":
        reason = f"95 % of the answers have at most {count(switch.output_p95)} tokens"
    else:
        reason = f"{other} is on the same provider's price list"
    low, high = switch.saving_usd.low, switch.saving_usd.high
    return Recommendation(
        title=f"Move the shorter requests of {feature} from {model} to {other}",
        evidence=f"{counted(switch.requests, 'request')} with at most {switch.input_up_to:,} input "
        f"and {switch.output_up_to:,} output tokens, {percent(switch.share_of_requests)} of this "
        f"feature's to {model}, cost {money(switch.cost_usd)}, "
        f"{percent(share_of(switch.cost_usd, total))} of all cost. {reason}.",
        saving_usd=high,
        assumption=f"the answers of the other model are good enough; then {money(low)} to "
        f"{money(high)} are saved, by how many tokens it needs and how many of them must be asked "
        "again.",
        next_step="Send a tenth of these requests there, compare the answers on a "
        "sample of at least a hundred, and then move the rest.",
    )


def _from_performance(result: PerformanceResult | None) -> Iterator[Recommendation]:
    if result is None or result.groups is None:
        return
    models = [item for item in result.groups.items if (item.requests or 0) >= LEAST_REQUESTS]
    overall = result.overall.error_rate or 0.0
    for item in models:
        if item.error_rate and item.error_rate >= max(MUCH_FAILING, 1.5 * overall):
            yield Recommendation(
                title=f"Make {name(item.key)} more reliable",
                evidence=f"{percent(item.error_rate)} of its requests failed ({item.errors:,} of "
                f"{item.outcomes:,}), against {percent(overall)} of all.",
                next_step="Look at the hours in which they failed, and fall back to another model "
                "after the first failure.",
                helps=frozenset({Topic.ERRORS}),
            )
    yield from _tails(models)


def _tails(models: Sequence[GroupPerformance]) -> Iterator[Recommendation]:
    for item in models:
        latency = item.measures.get("latency_ms")
        if latency and latency.p50 and latency.p99 >= LONG_TAIL * latency.p50:
            yield Recommendation(
                title=f"Cut the tail of {name(item.key)}",
                evidence=f"Its p99 is {duration(latency.p99)}, "
                f"{times(latency.p99 / latency.p50)} its median of {duration(latency.p50)}.",
                next_step=f"Time out after {duration(2 * latency.p95)}, twice its p95, and send "
                "the request again; measure the p99 a day later.",
                helps=frozenset({Topic.LATENCY}),
            )


def _from_patterns(findings: Findings) -> Iterator[Recommendation]:
    result = findings.patterns
    if result is None:
        return
    prompts = findings.performance and findings.performance.overall.measures.get("input_tokens")
    cache = result.prompt_cache
    if cache and prompts and prompts.mean >= LONG_PROMPT and cache.share < LOW_CACHE_USE:
        yield Recommendation(
            title="Use the prompt cache more",
            evidence=f"{percent(cache.share)} of the input tokens came from it, while a prompt "
            f"has {count(prompts.mean)} tokens on average.",
            next_step="Put what is the same in every prompt of a feature at its beginning. What "
            "that saves depends on how long this part is, which the log does not tell.",
            helps=TIME,
        )
    rhythm = result.rhythm
    if rhythm and rhythm.peak and (rhythm.peak_to_mean or 0) >= STEEP_PEAK:
        yield Recommendation(
            title="Move what can wait out of the peak",
            evidence=f"The peak {rhythm.unit}, {rhythm.peak.start} UTC, has "
            f"{times(rhythm.peak_to_mean or 0)} the requests of a mean one.",
            next_step="Send work that nobody waits for through a batch interface, which providers "
            "sell for less; the log does not tell which work that is.",
        )
    yield from _dominant_user(result)


def _dominant_user(result: PatternsResult) -> Iterator[Recommendation]:
    if result.users is None or len(result.users.top) < 2:
        return
    first, second = result.users.top[:2]
    if first.share >= DOMINANT_USER and first.share >= DOMINANT_RATIO * second.share:
        yield Recommendation(
            title=f"Ask what {name(first.name)} does",
            evidence=f"This one user makes {percent(first.share)} of the requests "
            f"({first.requests:,}), {times(first.share / second.share)} the next one's.",
            next_step="See whether a script is behind it; if so, give it a limit or a smaller "
            "model.",
        )
