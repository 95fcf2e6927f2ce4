"""Which spans are calls of a model, and which only stand around them."""

from enum import Enum

from agents.analytics.readers.dialects.otel import names
from agents.analytics.readers.dialects.otel.reading import count_of, text_of
from agents.analytics.readers.dialects.otel.span import Span

CALLS = frozenset({"chat", "generate_content", "text_completion", "text_completions"})
# LiteLLM and early instrumentations say with which of its functions a call was made.
OLD_CALLS = CALLS | {
    "completion",
    "acompletion",
    "atext_completion",
    "responses",
    "aresponses",
    "anthropic_messages",
}
AI_SDK_CALLS = (".doGenerate", ".doStream")
AI_SDK_OTHERS = ("ai.embed",)
STREAM_LOG = "streaming response from"  # as Logfire names what it says when a stream has ended
LOGFIRE = "logfire."


class Kind(Enum):
    CALL = "call"
    TOOL = "tool"  # what it does inside is its own, not a repetition of itself
    OTHER = "other"


def kind_of(span: Span) -> Kind:
    """By what the span says of itself; a model's name alone is no call."""
    attributes = span.attributes
    if attributes.get(names.LOGFIRE_KIND) == "pending_span":
        return Kind.OTHER  # written when the span began; it comes again when it has ended
    for name, calls in (
        (names.LANGFUSE_KIND, frozenset({"generation"})),
        (names.OPENINFERENCE_KIND, frozenset({"llm"})),
        (names.OPERATION, OLD_CALLS),
    ):
        if (said := text_of(attributes, (name,))) is not None:
            return _of(span, said.lower(), calls)
    if said := text_of(attributes, (names.AI_SDK_KIND,)):
        is_call = said.endswith(AI_SDK_CALLS) and not said.startswith(AI_SDK_OTHERS)
        return Kind.CALL if is_call else Kind.TOOL if said == "ai.toolCall" else Kind.OTHER
    if said := text_of(attributes, (names.REQUEST_TYPE,)):
        return _of(span, said.lower(), OLD_CALLS)
    return _undeclared(span)


def _of(span: Span, said: str, calls: frozenset[str]) -> Kind:
    if said in calls:
        return Kind.OTHER if _is_opened_stream(span) else Kind.CALL
    return Kind.TOOL if "tool" in said else Kind.OTHER


def _is_opened_stream(span: Span) -> bool:
    """Logfire's span of a stream ends as it begins; what it used is in a log of its own."""
    if not span.scope.startswith(LOGFIRE) or span.is_error:
        return False
    uses = count_of(span.attributes, (*names.INPUT, *names.OUTPUT)) is not None
    return not uses and text_of(span.attributes, names.RESPONSE_ID) is None


def _undeclared(span: Span) -> Kind:
    """Spans of those who never say what they are."""
    attributes = span.attributes
    if attributes.get(names.CLAUDE_CODE_KIND) == "llm_request":
        return Kind.CALL
    if names.TRACELOOP_KIND in attributes:
        return Kind.TOOL if attributes[names.TRACELOOP_KIND] == "tool" else Kind.OTHER
    if text_of(attributes, names.TOOL) is not None:
        return Kind.TOOL
    asked = text_of(attributes, ("gen_ai.request.model", "gen_ai.response.model"))
    uses = count_of(attributes, (*names.INPUT, *names.OUTPUT)) is not None
    return Kind.CALL if asked is not None and uses else Kind.OTHER
