"""The lines of Codex, older ones without an envelope too, as kinds of records."""

from collections.abc import Mapping
from typing import Any

from agents.analytics.readers.dialects.base import Sample
from agents.analytics.readers.dialects.sessions.shape import a_text, an_object, most_fit

RECORDS = frozenset(
    {
        "session_meta",
        "turn_context",
        "response_item",
        "event_msg",
        "compacted",
        "token_usage_record",
        "world_state",
        "inter_agent_communication",
        "inter_agent_communication_metadata",
    }
)
ITEMS = frozenset(
    {
        "message",
        "reasoning",
        "function_call",
        "function_call_output",
        "custom_tool_call",
        "custom_tool_call_output",
        "local_shell_call",
        "web_search_call",
    }
)
OPENING = ("instructions", "git", "originator", "cli_version")


def enveloped(line: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """
    The kind of record and its content; None for a line that is none of Codex.

    Until September 2025 the first line was the session's, without a type, and items stood alone.
    """
    kind = a_text(line.get("type"))
    if kind is not None and isinstance(line.get("payload"), dict):
        return kind, an_object(line["payload"])
    if kind in ITEMS:
        return "response_item", line
    if kind is None and "record_type" in line:
        return "state", line
    return ("session_meta", line) if is_opening(line) else None


def is_opening(line: Mapping[str, Any]) -> bool:
    """Whether a line without an envelope begins a session."""
    known = "id" in line and "timestamp" in line and "type" not in line
    return known and any(name in line for name in OPENING)


def has_envelope(line: Mapping[str, Any]) -> bool:
    return isinstance(line.get("payload"), dict) and a_text(line.get("type")) in RECORDS


def is_codex_line(line: Mapping[str, Any]) -> bool:
    found = enveloped(line)
    return found is not None and found[0] in (*RECORDS, "state")


def is_codex(sample: Sample) -> bool:
    """Items without an envelope are those of Codex only behind the line that opens a session."""
    opened = any(map(is_opening, sample.records))
    return most_fit(sample, is_codex_line if opened else has_envelope)
