"""Pictures of an analysis of sessions: how contexts grew, and what was wasted where."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from agents.analytics.charts import (
    MOST_SERIES,
    Axis,
    BarChart,
    Chart,
    LineChart,
    Series,
)
from agents.analytics.sessions.analysis import Analysis
from agents.analytics.sessions.conversation import Conversation, Sessions
from agents.analytics.sessions.findings import Kind

CONTEXTS = 6  # drawn; more lines are no picture
POINTS = 100  # of each; a model reads them too
TOOLS = MOST_SERIES
LABELS: dict[Kind, str] = {
    "repeated_read": "repeated reads",
    "repeated_failure": "repeated failures",
    "cache_miss": "cache misses",
    "oversized_result": "oversized results",
}
TOKENS = Axis(label="tokens", unit="tokens")
SHORT = 8  # characters of a session's id that tell it from others


def session_charts(sessions: Sessions, analysis: Analysis) -> Iterator[Chart]:
    contexts = _largest(sessions.conversations)
    if contexts:
        yield _context_sizes(contexts)
    totals = {total.kind: total for total in analysis.totals}
    if totals:
        kinds = [kind for kind in get_args(Kind) if kind in totals]
        yield BarChart(
            title="Tokens that need not have been sent, or not at the full price",
            x_axis=Axis(label="finding", kind="category"),
            y_axis=TOKENS,
            x=[LABELS[kind] for kind in kinds],
            series=[
                Series(name="first time", y=[totals[kind].tokens for kind in kinds]),
                Series(name="sent again", y=[totals[kind].carried_tokens for kind in kinds]),
            ],
        )
    if tools := _by_tool(analysis):
        yield BarChart(
            title="The same by tool, without cache misses",
            x_axis=Axis(label="tool", kind="category"),
            y_axis=TOKENS,
            x=[tool for tool, _ in tools],
            series=[Series(name="tokens", y=[tokens for _, tokens in tools])],
        )


def _largest(conversations: Sequence[Conversation]) -> list[Conversation]:
    def sent(conversation: Conversation) -> int:
        return sum(turn.input_tokens or 0 for turn in conversation.turns)

    told = [conversation for conversation in conversations if sent(conversation)]
    return sorted(told, key=sent, reverse=True)[:CONTEXTS]


def _context_sizes(contexts: Sequence[Conversation]) -> LineChart:
    """The prompt of each request; of long sessions every n-th."""
    longest = max(len(context.turns) for context in contexts)
    step = -(-longest // POINTS)
    numbers = range(1, longest + 1, step)
    return LineChart(
        title="Size of the context",
        x_axis=Axis(label="request of the session"),
        y_axis=TOKENS,
        x=list(numbers),
        series=[
            Series(
                name=_name(context),
                y=[
                    context.turn(number).input_tokens if number <= len(context.turns) else None
                    for number in numbers
                ],
            )
            for context in contexts
        ],
    )


def _name(context: Conversation) -> str:
    session = (context.first.session_id or context.id)[:SHORT]
    return session if context.first.agent == "main" else f"{session}: {context.first.agent}"


def _by_tool(analysis: Analysis) -> list[tuple[str, int]]:
    tokens: Counter[str] = Counter()
    for finding in analysis.findings:
        if finding.tool:
            tokens[finding.tool] += finding.tokens + finding.carried_tokens
    return tokens.most_common(TOOLS)
