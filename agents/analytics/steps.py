"""
The tables that a session log has beside its requests: its turns and its steps.

A session of a coding assistant is one conversation, or several: each agent that it starts has a
context of its own, called a chain here. The requests of a chain are numbered from 1; each sends
all of its context again. Texts themselves are not kept: of a call there are the path, pattern or
command, and of an error its beginning, for they are the evidence; of a result its size and digest.
"""

from agents.analytics.beside import BesideTable

SESSION_FORMATS = frozenset({"claude-code", "codex", "gemini-cli", "gemini-cli-messages"})
"""The formats of data sets that have these tables."""

LONGEST_TARGET = 400  # characters of a path, a pattern or a command that are kept
LONGEST_HEAD = 160  # characters of the text of an error
MOST_CHANGED = 50  # paths that are kept of a call that changes more

TURNS = BesideTable(
    "turns",
    {
        "chain": "VARCHAR",  # the context that the request belongs to
        "number": "BIGINT",  # of the request in its chain, from 1
        "span": "BIGINT",  # how often the context had been cut before: by compaction, or unsaid
        "before": "VARCHAR",  # compacted, cleared, fell, rewound or resumed: what came before it
        "session_id": "VARCHAR",
        "agent": "VARCHAR",  # "main", or the type of the agent
        "project": "VARCHAR",
        "place": "VARCHAR",  # in the file: "line 12"
        "started": "TIMESTAMP",  # UTC
        "ended": "TIMESTAMP",
        "model": "VARCHAR",
        "tier": "VARCHAR",
        "input_tokens": "BIGINT",  # all of the context, cached or not
        "cached_tokens": "BIGINT",
        "cache_write_tokens": "BIGINT",
        "long_cache_write_tokens": "BIGINT",
        "output_tokens": "BIGINT",
        "reasoning_tokens": "BIGINT",
        "text_characters": "BIGINT",  # of prompts and notes that entered the context before it
    },
)

STEPS = BesideTable(
    "steps",
    {
        "chain": "VARCHAR",
        "session_id": "VARCHAR",
        "request": "BIGINT",  # the number of the one that asked for the call
        "enters": "BIGINT",  # the number of the first request that carries the result
        "leaves": "BIGINT",  # the number of the first one that does not any more
        "tool": "VARCHAR",
        "action": "VARCHAR",  # read, search, edit, run, agent or other
        "target": "VARCHAR",  # what it read, searched, changed or ran
        "first_line": "BIGINT",  # of what it read; NULL: from the beginning
        "last_line": "BIGINT",  # NULL: to the end
        "changes": "VARCHAR[]",  # paths that it changed
        "arguments_digest": "VARCHAR",
        "argument_tokens": "BIGINT",  # estimated, 4 characters each
        "result_characters": "BIGINT",
        "result_tokens": "BIGINT",
        "tokens_are": "VARCHAR",  # measured, shared or estimated, as `sizes` says
        "result_digest": "VARCHAR",
        "is_error": "BOOLEAN",
        "is_unchanged": "BOOLEAN",  # the assistant answered that nothing changed, without content
        "head": "VARCHAR",  # how the text of an error begins
        "place": "VARCHAR",  # of the call
        "result_place": "VARCHAR",
        "timestamp": "TIMESTAMP",
    },
)
