"""
Which attributes say what, the current name first.

From the semantic conventions of OpenTelemetry for generative AI (1.27 to 1.42 and later), and what
instrumentations write beside or before them: OpenLLMetry (traceloop), OpenInference, the AI SDK of
Vercel, LiteLLM, Langfuse, pydantic-ai and Logfire, OpenLIT, Sentry, Claude Code.
"""

from typing import Final, TypeAlias

Names: TypeAlias = tuple[str, ...]

OPERATION: Final = "gen_ai.operation.name"
REQUEST_TYPE: Final = "llm.request.type"  # traceloop's and LiteLLM's before there were operations
OPENINFERENCE_KIND: Final = "openinference.span.kind"
TRACELOOP_KIND: Final = "traceloop.span.kind"
LANGFUSE_KIND: Final = "langfuse.observation.type"
LOGFIRE_KIND: Final = "logfire.span_type"
AI_SDK_KIND: Final = "ai.operationId"
CLAUDE_CODE_KIND: Final = "span.type"
TOOL: Names = ("gen_ai.tool.name", "gen_ai.tool.call.id")

MODEL: Names = (
    "gen_ai.response.model",
    "llm.response.model_name",
    "ai.response.model",
    "llm.model_name",
    "gen_ai.request.model",
    "llm.request.model_name",
    "langfuse.observation.model.name",
    "ai.model.id",
    "model",
)
PROVIDER: Names = (
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
)
INPUT: Names = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "input_tokens",
)
OUTPUT: Names = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
    "output_tokens",
)
TOTAL: Names = (
    "gen_ai.usage.total_tokens",
    "llm.usage.total_tokens",
    "llm.token_count.total",
    "ai.usage.totalTokens",
)
CACHED: Names = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.details.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.cachedInputTokens",
    "gen_ai.usage.prompt_tokens_details.cached_tokens",
    "gen_ai.usage.input_tokens.cached",
    "cache_read_tokens",
)
CACHE_WRITES: Names = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
    "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
    "cache_creation_tokens",
)
LONG_CACHE_WRITES: Names = ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",)
UNCACHED: Names = ("ai.usage.inputTokenDetails.noCacheTokens",)
REASONING: Names = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
    "ai.usage.outputTokenDetails.reasoningTokens",
    "ai.usage.reasoningTokens",
)
RAW_USAGE: Final = "gen_ai.usage.raw"  # Logfire: the provider's own, as JSON
LANGFUSE_USAGE: Final = "langfuse.observation.usage_details"
LANGFUSE_COST: Final = "langfuse.observation.cost_details"
COST: Names = (
    "operation.cost",
    "gen_ai.usage.cost",
    "llm.cost.total",
    "gen_ai.cost.total_cost",
)
FIRST_CHUNK_SECONDS: Names = (
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.server.time_to_first_token",
)
FIRST_CHUNK_MS: Names = ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk", "ttft_ms")
FIRST_CHUNK_AT: Final = "langfuse.observation.completion_start_time"
FIRST_CHUNK_EVENTS = frozenset(
    {"First Token Stream Event", "ai.stream.firstChunk", "gen_ai.content.completion.chunk"}
)
DURATION: Final = "duration"  # of a stream that Logfire reports when it has ended, in seconds
RESPONSE_ID: Names = ("gen_ai.response.id", "ai.response.id")
ERROR_TYPE: Names = ("error.type",)
HTTP_STATUS: Names = ("http.response.status_code", "http.status_code")
LANGFUSE_LEVEL: Final = "langfuse.observation.level"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
SUCCESS: Final = "success"  # Claude Code: "true" or "false"
FEATURE: Names = (
    "gen_ai.agent.name",
    "agent_name",
    "agent.name",
    "ai.telemetry.functionId",
    "traceloop.entity.name",
    "traceloop.workflow.name",
    "gen_ai.workflow.name",
    "gen_ai.prompt.name",
    "langfuse.trace.name",
)
SESSION: Names = (
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "ai.telemetry.metadata.sessionId",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.conversation_id",
)
USER: Names = (
    "enduser.id",
    "user.id",
    "langfuse.user.id",
    "gen_ai.user",
    "llm.user",
    "ai.telemetry.metadata.userId",
    "traceloop.association.properties.user_id",
    "metadata.user_api_key_user_id",
)
TIER: Names = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
)
PROMPT: Names = (
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "ai.prompt.messages",
    "input.value",
    "langfuse.observation.input",
)
PROJECT: Names = ("service.name", "openinference.project.name")  # of a resource

WANTED = frozenset(
    {
        OPERATION,
        REQUEST_TYPE,
        OPENINFERENCE_KIND,
        TRACELOOP_KIND,
        LANGFUSE_KIND,
        LOGFIRE_KIND,
        AI_SDK_KIND,
        CLAUDE_CODE_KIND,
        RAW_USAGE,
        LANGFUSE_USAGE,
        LANGFUSE_COST,
        FIRST_CHUNK_AT,
        DURATION,
        LANGFUSE_LEVEL,
        EXCEPTION_TYPE,
        EXCEPTION_MESSAGE,
        SUCCESS,
    }
).union(
    TOOL,
    MODEL,
    PROVIDER,
    INPUT,
    OUTPUT,
    TOTAL,
    CACHED,
    CACHE_WRITES,
    LONG_CACHE_WRITES,
    UNCACHED,
    REASONING,
    COST,
    FIRST_CHUNK_SECONDS,
    FIRST_CHUNK_MS,
    RESPONSE_ID,
    ERROR_TYPE,
    HTTP_STATUS,
    FEATURE,
    SESSION,
    USER,
    TIER,
    PROMPT,
    PROJECT,
)
"""All that is kept of a span's attributes: the rest is mostly what was said, and long."""
