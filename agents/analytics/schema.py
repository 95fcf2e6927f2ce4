"""The columns that every data set has after it was read, each with its DuckDB type and unit."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How the text of a column becomes its value."""

    TIME = "time"
    TEXT = "text"
    COUNT = "count"
    DURATION = "duration"
    MONEY = "money"
    STATUS = "status"
    DIGEST = "digest"
    TIER = "tier"


UNITS: dict[Kind, tuple[str, ...]] = {
    Kind.TIME: ("s", "ms", "us", "ns"),
    Kind.DURATION: ("s", "ms", "us", "ns"),
    Kind.MONEY: ("usd", "cents"),
    Kind.STATUS: ("success", "failure"),  # a flag that is true on success, or on failure
    Kind.DIGEST: ("text",),  # the prompt itself; its digest is kept, the text is not
    Kind.TIER: ("batch",),  # a flag that is true for a batch
}
"""What a source column may be in, beside the normalised unit."""


@dataclass(frozen=True, slots=True)
class Column:
    """A normalised column: in every part file, NULL where the source had no such column."""

    name: str
    type: str  # as DuckDB writes it
    kind: Kind
    label: str  # for people
    meaning: str  # with the unit


TIMESTAMP = Column("timestamp", "TIMESTAMP", Kind.TIME, "time", "when the request began, UTC")
MODEL = Column(
    "model", "VARCHAR", Kind.TEXT, "model", "the model that answered, as the provider names it"
)
INPUT_TOKENS = Column(
    "input_tokens",
    "BIGINT",
    Kind.COUNT,
    "input tokens",
    "tokens the model read, cached ones included",
)
OUTPUT_TOKENS = Column(
    "output_tokens", "BIGINT", Kind.COUNT, "output tokens", "tokens the model wrote"
)
CACHED_TOKENS = Column(
    "cached_tokens",
    "BIGINT",
    Kind.COUNT,
    "cached tokens",
    "input tokens that came from the provider's prompt cache",
)
CACHE_WRITE_TOKENS = Column(
    "cache_write_tokens",
    "BIGINT",
    Kind.COUNT,
    "cache writes",
    "input tokens that were written to the provider's prompt cache",
)
LATENCY_MS = Column(
    "latency_ms",
    "DOUBLE",
    Kind.DURATION,
    "latency",
    "milliseconds from the request to the end of the answer",
)
TTFT_MS = Column(
    "ttft_ms",
    "DOUBLE",
    Kind.DURATION,
    "time to first token",
    "milliseconds from the request to the first token",
)
COST_USD = Column(
    "cost_usd",
    "DECIMAL(18,10)",  # holds the price of one token, and sums without rounding errors
    Kind.MONEY,
    "cost",
    "US dollars the request cost",
)
STATUS = Column(
    "status", "VARCHAR", Kind.STATUS, "status", "how the request ended, as the log writes it"
)
ERROR = Column("error", "VARCHAR", Kind.TEXT, "error", "the error's text or type")
USER_ID = Column("user_id", "VARCHAR", Kind.TEXT, "user", "who asked")
FEATURE = Column("feature", "VARCHAR", Kind.TEXT, "feature", "what part of the application asked")
PROMPT_HASH = Column("prompt_hash", "VARCHAR", Kind.DIGEST, "prompt", "equal for equal prompts")

REQUESTS = Column(
    "requests",
    "BIGINT",
    Kind.COUNT,
    "requests",
    "how many requests the row sums up; 0 where the log does not tell",
)
PROVIDER = Column("provider", "VARCHAR", Kind.TEXT, "provider", "whose model answered")
PROJECT = Column(
    "project", "VARCHAR", Kind.TEXT, "project", "the project, workspace, key or service that paid"
)
SESSION_ID = Column(
    "session_id", "VARCHAR", Kind.TEXT, "session", "equal for the requests of one conversation"
)
REQUEST_ID = Column(
    "request_id", "VARCHAR", Kind.TEXT, "request id", "the request, as its log names it"
)
TIER = Column(
    "tier",
    "VARCHAR",
    Kind.TIER,
    "service tier",
    "how the provider served it: standard, batch, flex or priority",
)
REASONING_TOKENS = Column(
    "reasoning_tokens",
    "BIGINT",
    Kind.COUNT,
    "reasoning tokens",
    "output tokens that the model thought with, a part of the output tokens",
)
LONG_CACHE_WRITE_TOKENS = Column(
    "long_cache_write_tokens",
    "BIGINT",
    Kind.COUNT,
    "cache writes for an hour",
    "those of the cache writes that are kept for an hour, not for minutes",
)

SOURCED = (
    TIMESTAMP,
    MODEL,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    CACHED_TOKENS,
    CACHE_WRITE_TOKENS,
    LATENCY_MS,
    TTFT_MS,
    COST_USD,
    STATUS,
    ERROR,
    USER_ID,
    FEATURE,
    PROMPT_HASH,
    REQUESTS,
    PROVIDER,
    PROJECT,
    SESSION_ID,
    REQUEST_ID,
    TIER,
    REASONING_TOKENS,
    LONG_CACHE_WRITE_TOKENS,
)
"""Columns that come from a column of the file."""

NOT_MISSED = frozenset(
    {
        "cache_write_tokens",
        "requests",
        "provider",
        "project",
        "session_id",
        "request_id",
        "tier",
        "reasoning_tokens",
        "long_cache_write_tokens",
    }
)
"""Only some logs tell them, so a file without them lacks nothing."""

IS_ERROR = Column(
    "is_error",
    "BOOLEAN",
    Kind.STATUS,
    "status or error",
    "whether the request failed; NULL where unknown",
)
"""Derived from `status` and `error`."""

COLUMNS = (*SOURCED, IS_ERROR)
BY_NAME = {column.name: column for column in COLUMNS}

ENDED_AT = Column("ended_at", "TIMESTAMP", Kind.TIME, "end", "when the request ended, UTC")
CLOCK = Column("clock", "VARCHAR", Kind.TEXT, "clock", "the time of the timestamp's day")

CLUES = {column.name: column for column in (ENDED_AT, CLOCK)}
"""What is read only to understand other columns, and is in no part file."""

MEASURES = frozenset(
    {"timestamp", "model", "input_tokens", "output_tokens", "latency_ms", "ttft_ms", "cost_usd"}
)
"""A file without any of these holds nothing that could be measured."""

LONGEST_TEXT = 400  # characters kept of a text value: enough for any name, bounded for errors
