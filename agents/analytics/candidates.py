"""
Which models a feature uses, and which cheaper ones might do its work.

A cheaper model of the same log comes first: it is known to be usable there. Otherwise it is one of
the same provider's price list, and of those at most half as dear the dearest, since the price is
the only hint of quality that a list holds.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from agents.analytics.priced import FEATURE, TOKENS
from agents.analytics.prices import PricedModel, Rates, find_price
from agents.analytics.table import LOG, Table

SHORT_ANSWER_TOKENS = 100  # a p95 below it: classifying, routing, extracting, not writing
LEAST_SHARE = 0.01  # of the requests, so that a model tried once is no alternative
LEAST_RATIO = 2  # how many times cheaper the other model must be
LEAST_OUTCOMES = 100  # of a model, for its error rate to say something
WORST_ERROR_RATIO = 2  # an alternative that fails more often than this is none
QUANTILES = (0.5, 0.75, 0.9)

# What genai-prices knows by such a name is priced by tokens too, but answers with something else.
_NO_TEXT = re.compile(
    r"embed|rerank|moderation|audio|whisper|transcri|speech|\btts\b|realtime|image|dall-?e",
    re.IGNORECASE,
)
# Made for one purpose, or for one customer: nothing to recommend to anybody from a list.
_SPECIAL = re.compile(
    r"preview|search|research|\blive\b|robotics|cyber|rosalind|\bft\b|vision|computer|codex|latest"
    r"|safeguard|omni|nano-banana|chat",
    re.IGNORECASE,
)

WORK = (
    "requests = 1 AND is_error IS NOT TRUE AND model IS NOT NULL AND paid_usd IS NOT NULL"
    " AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL"
)
"""
The rows of `priced` whose cost can be set against that at another model.

A failed request would cost there what its prompt does, though it may be charged for nothing here;
one without a cost or without tokens would count on one side only, and a sum has no size.
"""


@dataclass(frozen=True, slots=True)
class Use:
    """What a feature asks of a model; sizes at QUANTILES, and the tokens of all its requests."""

    feature: str
    model: str
    provider: str | None  # the most frequent one
    requests: int
    cost_usd: Decimal
    inputs: tuple[float, ...]
    outputs: tuple[float, ...]
    output_p95: float
    longest: int  # input
    tokens: Mapping[str, int]  # by kind

    @property
    def is_short(self) -> bool:
        return self.output_p95 < SHORT_ANSWER_TOKENS

    def cost_at(self, rates: Rates) -> Decimal:
        """What its tokens cost at such prices."""
        parts = (count * getattr(rates, kind) for kind, count in self.tokens.items())
        return sum(parts, Decimal(0))

    def at(self, model: PricedModel) -> Decimal:
        """What its tokens cost today at `model`."""
        mean = sum(self.tokens[kind] for kind in self.tokens if kind in _INPUTS) // self.requests
        return self.cost_at(model.rates(None, datetime.now(UTC), mean))


_INPUTS = frozenset({"input", "cached", "written", "long_written"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cheaper model. `proven` is its share of the feature's requests, 0 if it has none."""

    model: PricedModel
    proven: float
    in_log: bool


def uses(table: Table, source: str) -> list[Use]:
    """What features ask of models that write text; `source` is a relation as `priced` makes it."""
    sizes = f"{list(QUANTILES)}"
    expressions = [
        f"{FEATURE} AS feature",
        "model",
        "mode(provider) AS provider",
        "count(*) AS requests",
        "sum(paid_usd) AS cost_usd",
        f"quantile_cont(CAST(input_tokens AS DOUBLE), {sizes}) AS inputs",
        f"quantile_cont(CAST(output_tokens AS DOUBLE), {sizes}) AS outputs",
        "quantile_cont(CAST(output_tokens AS DOUBLE), 0.95) AS output_p95",
        "max(input_tokens) AS longest",
        "CAST(sum(output_tokens) AS BIGINT) AS written_text",
        *(f"CAST(sum({tokens}) AS BIGINT) AS {kind}" for kind, tokens in TOKENS.items()),
    ]
    found = []
    for row in table.rows(expressions, f"WHERE {WORK} GROUP BY ALL", source=source):
        row["tokens"] = {kind: row.pop(kind) for kind in TOKENS}
        row |= {name: tuple(row[name]) for name in ("inputs", "outputs")}
        if row.pop("written_text") and _writes_text(row["model"], row["provider"]):
            found.append(Use(**row))
    return sorted(found, key=lambda use: (-use.cost_usd, use.feature, use.model))


def candidate(
    use: Use, everywhere: Sequence[Use], error_rates: Mapping[str, float]
) -> Candidate | None:
    """The cheaper model that might do the work of `use`; None if none is known."""
    priced = find_price(use.model, use.provider)
    if priced is None or not (today := use.at(priced)):
        return None
    fitting = [
        option
        for option in _of_log(use, everywhere)
        if use.at(option.model) * LEAST_RATIO <= today
        and not _fails_more(option.model.name, use.model, error_rates)
    ]
    if fitting:
        # Proven on this feature's own requests is worth more than cheap.
        return max(fitting, key=lambda option: (option.proven > 0, -use.at(option.model)))
    listed = [model for model in _of_list(priced, use) if use.at(model) * LEAST_RATIO <= today]
    if not listed:
        return None
    return Candidate(max(listed, key=lambda model: (use.at(model), model.name)), 0, in_log=False)


def error_rates(table: Table) -> dict[str, float]:
    """Of the models with enough requests whose outcome is known, from 0 to 1."""
    tail = f"WHERE model IS NOT NULL GROUP BY 1 HAVING count(is_error) >= {LEAST_OUTCOMES}"
    rate = "count(*) FILTER (is_error) / count(is_error) AS rate"
    return {row["model"]: row["rate"] for row in table.rows(["model", rate], tail, source=LOG)}


def _of_log(use: Use, everywhere: Sequence[Use]) -> Iterator[Candidate]:
    """The models of the log that are used enough, and for this feature or for short answers."""
    requests: defaultdict[str, int] = defaultdict(int)
    providers = {}
    for other in everywhere:
        requests[other.model] += other.requests
        providers[other.model] = other.provider
    here = {other.model: other.requests for other in everywhere if other.feature == use.feature}
    for model, count in requests.items():
        found = find_price(model, providers[model])
        if model == use.model or found is None:
            continue
        proven = here.get(model, 0) / sum(here.values())
        is_proven = proven >= LEAST_SHARE
        if count >= LEAST_SHARE * sum(requests.values()) and (is_proven or use.is_short):
            yield Candidate(found, proven if is_proven else 0, in_log=True)


def _of_list(priced: PricedModel, use: Use) -> Iterator[PricedModel]:
    for model in priced.others():
        window = model.info.context_window
        fits = window is None or window > use.longest + use.output_p95
        if fits and _prices_text(model) and not _SPECIAL.search(model.name):
            yield model


def _writes_text(model: str, provider: str | None) -> bool:
    priced = find_price(model, provider)
    return priced is None or (not _NO_TEXT.search(model) and _prices_text(priced))


def _prices_text(priced: PricedModel) -> bool:
    """What takes a fee beside its tokens does something else too, such as a search."""
    rates = [tile.rates for tile in priced.tiles()]
    is_text = not _NO_TEXT.search(priced.name)
    return is_text and all(rate.output and rate.input and not rate.fee for rate in rates)


def _fails_more(model: str, than: str, error_rates: Mapping[str, float]) -> bool:
    if model not in error_rates or than not in error_rates:
        return False
    return error_rates[model] > WORST_ERROR_RATIO * error_rates[than]
