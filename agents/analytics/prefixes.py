"""
What the provider's prompt cache could save, as bounds, and what was written to it in vain.

A log tells how long prompts are, not how they begin. Two requests to a model that begin alike share
at most the shorter of them. The cautious end counts a prompt only where the log shows that it was
sent before: all of it when its hash was answered within the cache's life, the earlier prompt when a
session's prompt grew by at least the answer in between. The favourable end takes every prompt of a
conversation to begin with the one before it. Of the cacheable part h (0 below the provider's
minimum, whole steps above it) what was read from the cache anyway, c, is taken off, and

    saving = (h - c) (p_in - p_read)

What would have to be written for that, at a price above the plain one, is taken from each feature
and model as a whole: its savings are scaled by what remains of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from agents.analytics.cacherules import CacheRule, cache_rule
from agents.analytics.duck import literal, select
from agents.analytics.effects import Effect, dollars, simulated
from agents.analytics.figures import Ratio
from agents.analytics.money import Usd, UsdRange
from agents.analytics.priced import FEATURE, SERVED, TOKENS, Basis, price_of, served
from agents.analytics.table import Table
from agents.analytics.traced import CONVERSATION

MOST_PREFIXES = 5
SHORT_LIFE, LONG_LIFE = 300, 3600  # seconds that Anthropic keeps what is written

_NEEDS = ("first_answered", "answered", "talk_ended", "talk_input", "talk_output")
_READ = TOKENS["cached"]


class PrefixCache(BaseModel):
    """
    What a feature's prompts to a model could save if the provider's cache were used fully.

    `cached_share` of its input tokens are read from the cache now, `high_share` could be at most.
    `source` is where the provider's rule stands.
    """

    feature: str
    model: str
    requests: int
    input_tokens: int
    cached_share: Ratio
    low_share: Ratio
    high_share: Ratio
    cost_usd: Usd
    saving_usd: UsdRange
    minimum_tokens: int
    kept_seconds: int
    source: str


class UnreadWrites(BaseModel):
    """
    Tokens written to the cache that nobody read while they were kept, and what writing them cost
    beyond plain input. `low` were followed by no read of the same feature and model, `high` by none
    of the same conversation.
    """

    model: str
    cache_write_tokens: int
    unread_low: int
    unread_high: int
    lost_usd: UsdRange


@dataclass(frozen=True, slots=True)
class Prefix:
    """A feature and a model whose cache could be used more; scales are from 0 to 1."""

    feature: str
    model: str
    scale_low: float
    scale_high: float
    row: dict[str, Any]
    rule: CacheRule

    @property
    def name(self) -> str:
        return f"{self.feature}\x1f{self.model}"


def prefixes(table: Table, basis: Basis) -> list[Prefix]:
    """Those that could save most; needs model, input_tokens, timestamp, and user or session."""
    rules = _rules(table)
    if not rules:
        return []
    _lay_out_rules(table, rules)
    low, high = (_cacheable(end) for end in ("low", "high"))
    gains = {end: _gain(tokens) for end, tokens in (("low", low), ("high", high))}
    # All that is cacheable and was neither read nor written yet has to be written once.
    known = f"({high}) - coalesce(cache_write_tokens, 0)"
    new = f"greatest(coalesce({_whole('input_tokens')}, 0) - {known}, 0)"
    writing = f"{new} * greatest(today_written_rate - today_input_rate, 0)"
    expressions = (
        f"{FEATURE} AS feature",
        "model",
        "count(*) AS requests",
        "CAST(sum(input_tokens) AS BIGINT) AS input_tokens",
        f"CAST(sum({_READ}) AS BIGINT) AS cached",
        f"CAST(sum(greatest({low}, {_READ})) AS BIGINT) AS low_tokens",
        f"CAST(sum(greatest({high}, {_READ})) AS BIGINT) AS high_tokens",
        "sum(paid_usd) AS cost_usd",
        *(
            f"{dollars(f'paid_usd * ({gain}) / nullif(today_usd, 0)')} AS gain_{end}"
            for end, gain in gains.items()
        ),
        f"{dollars(f'paid_usd * ({writing}) / nullif(today_usd, 0)')} AS writing",
    )
    tail = f"WHERE {_PROMPTS} GROUP BY 1, 2"
    source = select(["src.*", "caches.*"], f"{simulated(table, basis, *_NEEDS)} AS src", _RULE)
    rows = table.rows(expressions, tail, source=f"({source})")
    found = [
        Prefix(
            row["feature"],
            row["model"],
            _scale(row["gain_low"], row["writing"]),
            _scale(row["gain_high"], row["writing"]),
            row,
            rules[row["model"]],
        )
        for row in rows
        if row["model"] in rules
    ]
    worth = [prefix for prefix in found if prefix.scale_high]
    return sorted(worth, key=lambda prefix: -_kept(prefix, "high"))[:MOST_PREFIXES]


def prefix_caches(found: Sequence[Prefix]) -> list[PrefixCache]:
    """What is said of each."""
    return [
        PrefixCache(
            feature=prefix.feature,
            model=prefix.model,
            requests=prefix.row["requests"],
            input_tokens=prefix.row["input_tokens"],
            cached_share=prefix.row["cached"] / prefix.row["input_tokens"],
            low_share=prefix.row["low_tokens"] / prefix.row["input_tokens"],
            high_share=prefix.row["high_tokens"] / prefix.row["input_tokens"],
            cost_usd=prefix.row["cost_usd"],
            saving_usd=UsdRange(low=_kept(prefix, "low"), high=_kept(prefix, "high")),
            minimum_tokens=prefix.rule.minimum,
            kept_seconds=prefix.rule.seconds,
            source=prefix.rule.source,
        )
        for prefix in found
    ]


def prefix_effect(table: Table, found: Sequence[Prefix]) -> Effect:
    """The lever of reading prompts from the provider's cache, for each feature and model."""
    _lay_out_rules(table, {prefix.model: prefix.rule for prefix in found})

    def saved(end: str) -> str:
        scales = " ".join(
            f"WHEN {_of(prefix)} THEN CAST({getattr(prefix, f'scale_{end}')!r} AS DOUBLE)"
            for prefix in found
        )
        return f"(CASE {scales} END) * ({_gain(_cacheable(end))}) / nullif(today_usd, 0)"

    names = " ".join(f"WHEN {_of(prefix)} THEN {literal(prefix.name)}" for prefix in found)
    return Effect(
        kind="prefix",
        lever=f"if({_PROMPTS}, CASE {names} END, NULL)",
        low=saved("low"),
        high=saved("high"),
        joins=(_RULE,),
        needs=_NEEDS,
    )


def writes_effect() -> Effect:
    """The lever of not writing what nobody reads; a lever for each model."""
    return Effect(
        kind="writes",
        lever=f"if(({_lost(_READS['high'])}) > 0, model, NULL)",
        low=f"({_lost(_READS['low'])}) / nullif(today_usd, 0)",
        high=f"({_lost(_READS['high'])}) / nullif(today_usd, 0)",
        needs=_READS_NEED,
    )


def unread_writes(table: Table, basis: Basis) -> list[UnreadWrites]:
    """By model, the largest loss first; needs timestamp, cached_tokens and cache_write_tokens."""
    written = f"{TOKENS['written']} + {TOKENS['long_written']}"
    expressions = [
        "model",
        f"CAST(sum({written}) AS BIGINT) AS cache_write_tokens",
    ]
    for end, read in _READS.items():
        unread = " + ".join(
            f"if({_unread(read, life)}, {TOKENS[kind]}, 0)" for kind, life in _LIVES.items()
        )
        expressions += [
            f"CAST(sum({unread}) AS BIGINT) AS unread_{end}",
            f"{dollars(f'paid_usd * ({_lost(read)}) / nullif(today_usd, 0)')} AS lost_{end}",
        ]
    tail = (
        f"WHERE {written} > 0 AND timestamp IS NOT NULL AND requests = 1 AND model IS NOT NULL"
        " GROUP BY 1 HAVING lost_high > 0 ORDER BY lost_high DESC, model LIMIT 10"
    )
    rows = table.rows(expressions, tail, source=simulated(table, basis, *_READS_NEED))
    return [
        UnreadWrites(**row, lost_usd=UsdRange(low=row["lost_low"], high=row["lost_high"]))
        for row in rows
    ]


_PROMPTS = (
    "requests = 1 AND input_tokens > 0 AND model IS NOT NULL AND is_error IS NOT TRUE"
    " AND timestamp IS NOT NULL AND paid_usd IS NOT NULL AND today_usd > 0"
)
# Rows of the same moment have no order, so a conversation may seem to read before its feature does.
_BOTH_READ = (
    "if(feature_read IS NULL OR talk_read IS NULL, NULL, greatest(feature_read, talk_read))"
)
_READS = {"low": "feature_read", "high": f"if({CONVERSATION} IS NULL, feature_read, {_BOTH_READ})"}
_READS_NEED = ("feature_read", "talk_read")
_LIVES = {"written": SHORT_LIFE, "long_written": LONG_LIFE}


def _unread(read: str, life: int) -> str:
    return f"({read} IS NULL OR {read} > timestamp + to_seconds({life}))"


def _lost(read: str) -> str:
    """SQL: dollars of today beyond plain input for what was written and not read in time."""
    return " + ".join(
        f"if({_unread(read, life)}, ({TOKENS[kind]})"
        f" * greatest(today_{kind}_rate - today_input_rate, 0), 0)"
        for kind, life in _LIVES.items()
    )


def _rules(table: Table) -> dict[str, CacheRule]:
    """By model, of those that are sold with a lower price for cached tokens."""
    rules: dict[str, CacheRule] = {}
    for key in served(table):
        model = key[list(SERVED).index("model")]
        if (found := price_of(key)) and model:
            tiles = list(found[0].tiles())
            if any(tile.rates.cached < tile.rates.input for tile in tiles):
                rules.setdefault(model, cache_rule(found[0]))
    return rules


def _lay_out_rules(table: Table, rules: dict[str, CacheRule]) -> None:
    """Make the table `caches`: what each model's provider asks of a prefix."""
    columns = {
        "key_model": ("VARCHAR", list(rules)),
        "cache_minimum": ("BIGINT", [rule.minimum for rule in rules.values()]),
        "cache_step": ("BIGINT", [rule.step for rule in rules.values()]),
        "cache_seconds": ("BIGINT", [rule.seconds for rule in rules.values()]),
    }
    expressions = [
        f"unnest(CAST(${number} AS {kind}[])) AS {name}"
        for number, (name, (kind, _)) in enumerate(columns.items(), start=1)
    ]
    table.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE caches AS SELECT {', '.join(expressions)}",
        [values for _, values in columns.values()],
    )


_RULE = "LEFT JOIN caches ON model = caches.key_model"


def _whole(tokens: str) -> str:
    """SQL: how many of a prefix's tokens can be cached, in whole steps from the minimum on."""
    return f"if({tokens} >= cache_minimum, cache_step * (({tokens}) // cache_step), 0)"


def _recent(ended: str) -> str:
    return f"{ended} <= timestamp AND timestamp <= {ended} + to_seconds(cache_seconds)"


def _cacheable(end: str) -> str:
    """SQL: how many tokens of a prompt the cache could have held."""
    there = "first_answered" if end == "high" else "answered"  # a later one may still run
    again = f"{there} <= timestamp AND timestamp <= answered + to_seconds(cache_seconds)"
    same = f"if(prompt_hash IS NOT NULL AND {again}, {_whole('input_tokens')}, 0)"
    grown = "session_id IS NOT NULL AND input_tokens >= talk_input + coalesce(talk_output, 0)"
    begins = "true" if end == "high" else grown
    shared = _whole("least(input_tokens, talk_input)")
    talk = f"if({CONVERSATION} IS NOT NULL AND {begins} AND {_recent('talk_ended')}, {shared}, 0)"
    return f"greatest(coalesce({same}, 0), coalesce({talk}, 0))"


def _gain(tokens: str) -> str:
    """SQL: dollars of today that reading so many tokens from the cache would save."""
    return f"greatest({tokens} - ({_READ}), 0) * greatest(today_input_rate - today_cached_rate, 0)"


def _scale(gain: Decimal, writing: Decimal) -> float:
    return float(max(gain - writing, Decimal(0)) / gain) if gain else 0.0


def _kept(prefix: Prefix, end: str) -> Decimal:
    return Decimal(max(prefix.row[f"gain_{end}"] - prefix.row["writing"], 0))


def _of(prefix: Prefix) -> str:
    return f"{FEATURE} = {literal(prefix.feature)} AND model = {literal(prefix.model)}"
