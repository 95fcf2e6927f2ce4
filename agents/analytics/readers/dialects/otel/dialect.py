"""The three ways in which files hold spans, as documented formats."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.otel import console, otlp_json, protobuf
from agents.analytics.readers.dialects.otel.counting import Batch, batch_of
from agents.analytics.readers.dialects.otel.span import BadSpan, Span
from agents.analytics.schema import Column
from agents.analytics.wording import counted
from agents.exceptions import UnreadableFile

SOURCES: Mapping[Column, str] = {
    schema.TIMESTAMP: "start time",
    schema.MODEL: "gen_ai.response.model",
    schema.INPUT_TOKENS: "gen_ai.usage.input_tokens",
    schema.OUTPUT_TOKENS: "gen_ai.usage.output_tokens",
    schema.CACHED_TOKENS: "gen_ai.usage.cache_read.input_tokens",
    schema.CACHE_WRITE_TOKENS: "gen_ai.usage.cache_write.input_tokens",
    schema.LONG_CACHE_WRITE_TOKENS: "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
    schema.REASONING_TOKENS: "gen_ai.usage.reasoning.output_tokens",
    schema.LATENCY_MS: "end time - start time",
    schema.TTFT_MS: "gen_ai.response.time_to_first_chunk",
    schema.COST_USD: "operation.cost",
    schema.STATUS: "status",
    schema.ERROR: "error.type",
    schema.USER_ID: "user.id",
    schema.FEATURE: "gen_ai.agent.name",
    schema.SESSION_ID: "gen_ai.conversation.id",
    schema.PROVIDER: "gen_ai.provider.name",
    schema.PROJECT: "service.name",
    schema.REQUEST_ID: "trace id:span id",
    schema.TIER: "openai.response.service_tier",
    schema.PROMPT_HASH: "gen_ai.input.messages",
}
"""By the current name; what older and other names are read too, `names` says."""

Spans = Callable[[Record], Iterable[Span | BadSpan]]

# Of traces, metrics and logs; collectors may write all of them into one file.
SIGNALS = frozenset({otlp_json.RESOURCES, "resourceMetrics", "resourceLogs"})
MESSAGE = "message"  # the key of the one value of a record that is protobuf
CONVENTION = (
    "Each row is a span of a model's call; input tokens include cached ones, as OpenTelemetry's "
    "conventions want, and where a library counts them beside, they were added."
)

NO_REQUEST = (
    "There is no request to a model in the file, only {spans} of other work. A request is a span "
    "with the operation chat and the other attributes of OpenTelemetry's conventions for "
    "generative AI."
)


@dataclass(slots=True)
class Tally:
    """What was passed over so far, and what must not come a second time, by hash."""

    spans: int = 0
    others: int = 0
    repeating: int = 0
    duplicates: int = 0
    seen: set[int] = field(default_factory=set)
    outer: set[int] = field(default_factory=set)  # spans that requests happened in

    def rows(self, batch: Batch, place: int) -> Iterator[Row]:
        """Those requests of a batch that are new. A span around them comes later, or with them."""
        self.spans += len(batch.calls) + batch.others + batch.repeating
        self.others += batch.others
        self.repeating += batch.repeating
        self.duplicates += batch.duplicates
        for call in batch.calls:
            key = hash(call.key)
            if key in self.seen:
                self.duplicates += 1
            elif key in self.outer:
                self.repeating += 1
                self.outer.add(hash(call.around))
            else:
                self.seen.add(key)
                if call.around:
                    self.outer.add(hash(call.around))
                yield place, call.row


def not_counted(spans: int, others: int, repeating: int, duplicates: int) -> Iterator[str]:
    """Sentences on which of so many spans are no rows, and why."""
    of = f"of {counted(spans, 'span')}"
    if others:
        yield (
            f"Not counted: {others:,} {of}, which are no requests to a model that writes text, but "
            "of agents, tools, embeddings or the application."
        )
    if repeating:
        yield (
            f"Not counted: {repeating:,} {of}, which stand around the span of the same request and "
            "repeat it."
        )
    if duplicates:
        yield f"Not counted: {counted(duplicates, 'span')} that came more than once."


def _reading(spans: Spans) -> Callable[[Iterator[tuple[int, Record]], Told], Iterator[Row]]:
    def rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
        tally = Tally()
        for place, record in records:
            try:
                batch = batch_of(spans(record))
            except ValueError as error:
                told.skip(place, str(error))
                continue
            for bad in batch.bad:
                told.skip(place, f"holds a span that {bad}")
            yield from tally.rows(batch, place)
        if tally.spans and not tally.seen:
            raise UnreadableFile(NO_REQUEST.format(spans=counted(tally.spans, "span")))
        told.say(CONVENTION)
        for sentence in not_counted(tally.spans, tally.others, tally.repeating, tally.duplicates):
            told.say(sentence)

    return rows


def _in_export(record: Record) -> Iterator[Span | BadSpan]:
    """The spans of an export, of which logs and metrics have none."""
    if SIGNALS.isdisjoint(record):
        raise ValueError("is no export of traces")
    return otlp_json.spans(record)


def _in_message(record: Record) -> Iterator[Span | BadSpan]:
    return protobuf.spans(record[MESSAGE])


def _fits_otlp(sample: Sample) -> bool:
    return any(isinstance(record.get(name), list) for record in sample.records for name in SIGNALS)


def _fits_bare(sample: Sample) -> bool:
    needed = {"traceId", "spanId", "startTimeUnixNano"}
    return _all(sample, lambda record: needed <= record.keys())


def _fits_console(sample: Sample) -> bool:
    return _all(
        sample,
        lambda record: (
            "start_time" in record
            and isinstance(context := record.get("context"), Mapping)
            and {"trace_id", "span_id"} <= context.keys()
        ),
    )


def _all(sample: Sample, is_one: Callable[[Mapping[str, Any]], bool]) -> bool:
    return bool(sample.records) and not sample.columns and all(map(is_one, sample.records))


def _never(sample: Sample) -> bool:
    """Protobuf is told by its bytes, before there are records."""
    return False


OTLP = Dialect("otlp", "OpenTelemetry (OTLP JSON)", SOURCES, _fits_otlp, _reading(_in_export))
BARE = Dialect(
    "otlp-spans", "OpenTelemetry (single spans)", SOURCES, _fits_bare, _reading(otlp_json.bare)
)
CONSOLE = Dialect(
    "otel-console", "OpenTelemetry (console)", SOURCES, _fits_console, _reading(console.spans)
)
PROTOBUF = Dialect(
    "otlp-protobuf", "OpenTelemetry (OTLP protobuf)", SOURCES, _never, _reading(_in_message)
)
