"""What the token columns count: cached tokens in the input tokens or beside them, and lengths."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection

from agents.analytics import spellings
from agents.analytics.duck import literal, select
from agents.analytics.names import fold, is_any
from agents.analytics.readers.fields import Field, Reading, Weight
from agents.analytics.readers.values import number
from agents.analytics.wording import counted, listing

CACHE = ("cached_tokens", "cache_write_tokens")
MOST_MODELS = 1000  # names that are looked at one by one
MOST_LARGER_PERCENT = 1  # rows of a model with more cached than input tokens, if it counts them in
ENOUGH_ROWS = 20  # with cached tokens: that none of so many has more of them is no accident
MODELS_SHOWN = 5

# Anthropic's usage object: "input_tokens" are those that were neither read from the cache nor
# written to it (docs: prompt caching, "Tracking cache performance"). Bedrock follows it.
ANTHROPIC_CACHE = frozenset(
    {
        "cachereadinputtokens",
        "cachecreationinputtokens",
        "cachewriteinputtokens",
        "cachereadinputtokencount",
        "cachewriteinputtokencount",
        "cachecreationinputtokencount",
    }
)
ANTHROPIC_INPUT = frozenset({"inputtokens", "inputtokencount"})

# OpenTelemetry: the input tokens "SHOULD include all types of input tokens, including cached".
OPEN_TELEMETRY = "genaiusageinputtokens"


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of one model of one provider that have cached tokens."""

    model: str | None
    provider: str | None
    rows: int
    larger: int  # rows with more cached than input tokens

    @property
    def is_anthropic(self) -> bool | None:
        """None where nothing says whose model it is."""
        if self.provider and "anthropic" in self.provider.lower():
            return True
        if self.model:
            return any(word in self.model.lower() for word in ("claude", "anthropic"))
        return None if not self.provider else False

    @property
    def is_proven_beside(self) -> bool:
        return self.larger * 100 > self.rows * MOST_LARGER_PERCENT


def settle_tokens(connection: DuckDBPyConnection, reading: Reading) -> Reading:
    """Say what is taken for tokens, and decide whose input tokens leave out the cached ones."""
    for field in reading.fields.values():
        if not field.is_mapped and any(is_any(name, spellings.LENGTHS) for name in field.sources):
            sentence = (
                f"{field.source!r} is read as tokens; its name does not say whether it counts "
                "tokens or characters."
            )
            reading = reading.saying(Weight.UNITS, sentence)
    inputs = reading.fields.get("input_tokens")
    cache = [reading.fields[name] for name in CACHE if name in reading.fields]
    if inputs is None or not cache:
        return reading
    if fold(inputs.source).endswith(OPEN_TELEMETRY):
        return replace(reading, beside="false")
    return _decided(reading, inputs, cache, _groups(connection, reading, inputs))


def cached_sql(reading: Reading) -> str:
    """SQL for all tokens of a row that were read from or written to a cache; 0 if none."""
    values = [number(reading.fields[name]) for name in CACHE if name in reading.fields]
    return " + ".join(f"coalesce({value}, 0)" for value in values) or "0"


def beside_sql(reading: Reading) -> str:
    """SQL: how many tokens of a row were cached and are not in its input tokens."""
    if reading.beside in (None, "false"):
        return "0"
    return f"CASE WHEN {reading.beside} THEN {cached_sql(reading)} ELSE 0 END"


def _groups(connection: DuckDBPyConnection, reading: Reading, inputs: Field) -> list[_Group]:
    cached = cached_sql(reading)
    keys = [reading.cell(name) or "NULL" for name in ("model", "provider")]
    query = select(
        [*keys, "count(*)", f"count(*) FILTER ({cached} > {number(inputs)})"],
        reading.cells,
        f"WHERE {cached} > 0 GROUP BY 1, 2 ORDER BY 3 DESC LIMIT {MOST_MODELS}",
    )
    return [_Group(*row) for row in connection.execute(query).fetchall()]


def _decided(reading: Reading, inputs: Field, cache: list[Field], groups: list[_Group]) -> Reading:
    is_named_so = is_any(inputs.source, ANTHROPIC_INPUT) and any(
        is_any(field.source, ANTHROPIC_CACHE) for field in cache
    )
    beside = [
        group
        for group in groups
        if group.is_proven_beside or (is_named_so and group.is_anthropic is not False)
    ]
    if not beside:
        return replace(_with_doubt(reading, inputs, cache, groups), beside="false")
    is_all = len(beside) == len(groups)
    sentence = _beside(inputs, cache, beside, is_all=is_all)
    condition = " OR ".join(_is_of(reading, group) for group in beside)
    return replace(
        reading.saying(Weight.TOKENS, sentence), beside="true" if is_all else f"({condition})"
    )


def _beside(
    inputs: Field, cache: Iterable[Field], groups: Iterable[_Group], *, is_all: bool
) -> str:
    larger = sum(group.larger for group in groups if group.is_proven_beside)
    why = f"since {counted(larger, 'row')} would not fit" if larger else "as Anthropic does"
    names = [repr(group.model or group.provider or "(none)") for group in groups]
    shown = [*names[:MODELS_SHOWN], *(["others"] if len(names) > MODELS_SHOWN else [])]
    of_models = "" if is_all else f"for {listing(shown)} "
    return (
        f"{listing([repr(field.source) for field in cache])} are counted {of_models}beside "
        f"{inputs.source!r}, not in them, {why}; input_tokens is their sum."
    )


def _with_doubt(
    reading: Reading, inputs: Field, cache: Iterable[Field], groups: Iterable[_Group]
) -> Reading:
    """Anthropic counts cached tokens apart, but gateways that speak for it may add them."""
    rows = sum(group.rows for group in groups if group.is_anthropic)
    if not 0 < rows < ENOUGH_ROWS or not is_any(inputs.source, ANTHROPIC_INPUT):
        return reading
    names = listing([repr(field.source) for field in cache])
    sentence = f"{names} are read as a part of {inputs.source!r}; few rows show it."
    return reading.saying(Weight.TOKENS, sentence)


def _is_of(reading: Reading, group: _Group) -> str:
    """SQL: whether a row is one of the group's."""
    keys = {"model": group.model, "provider": group.provider}
    return " AND ".join(
        f"{reading.cell(name)} IS NOT DISTINCT FROM {'NULL' if key is None else literal(key)}"
        for name, key in keys.items()
        if reading.cell(name)
    )
