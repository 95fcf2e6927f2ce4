"""The tool for what sessions of coding assistants waste."""

from agents.analytics.sessions.analysis import Analysis, analyse
from agents.analytics.sessions.conversation import Sessions, has_sessions, load
from agents.analytics.sessions.findings import (
    Finding,
    Growth,
    KindTotal,
    ModelUse,
    Total,
    Unlogged,
)
from agents.tools.base import Call, tool
from agents.tools.results import Opened, Result, no_rows, opened
from agents.tools.session_charts import session_charts

MOST_FINDINGS = 15
CONTEXTS = 10  # whose growth is listed
NO_SESSIONS = (
    "This data set is no session log of a coding assistant: it has requests, but no tool calls "
    "with their results. Upload a session file, such as ~/.claude/projects/*/*.jsonl, "
    "~/.codex/sessions/**/*.jsonl or ~/.gemini/tmp/*/chats/session-*.jsonl; several files of one "
    "assistant can be put together with cat."
)


class SessionsResult(Result):
    """
    None, and no findings: the data set is no session log. `requests` and `steps` (tool calls) are
    those of the sessions analysed, each of them whole.
    """

    sessions: int = 0
    requests: int = 0
    steps: int = 0
    total: Total | None = None
    totals: list[KindTotal] = []
    findings: list[Finding] = []
    findings_left_out: int = 0
    growth: list[Growth] = []
    growth_left_out: int = 0
    unlogged_prefix: Unlogged | None = None
    models: list[ModelUse] = []


@tool(read_only=True)
def analyze_sessions(
    call: Call,
    period: str = "all",
    session: str | None = None,
    top: int = 10,
    dataset: str | None = None,
) -> SessionsResult:
    """
    Find what sessions of a coding assistant (Claude Code, Codex, Gemini CLI) wasted, with fixes.

    Returns repeated reads, repeated failing calls, oversized tool results and cache misses with
    their causes, each with tokens, cost at published prices, the place in the log and what to do;
    totals that count no token twice; how each context grew; the models used; and what the log
    cannot tell. Only for data sets that `inspect_data` calls a session log.

    Args:
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all". Sessions
            with a request in it are analysed whole.
        session: Only the session whose id this is, or begins with it.
        top: How many findings to list, the most expensive first, at most 15.
        dataset: Id or name; without it the run's chosen or newest one.
    """
    with opened(call, dataset, period) as data:
        if not has_sessions(data.handle.directory):
            return SessionsResult(computed_from=data.basis, notes=[NO_SESSIONS])
        sessions = load(data.handle.directory, data.period, session)
        call.deps.note(f"Following {len(sessions.steps):,} tool calls")
        return _result(data, sessions, analyse(sessions), min(max(top, 1), MOST_FINDINGS))


def _result(data: Opened, sessions: Sessions, found: Analysis, top: int) -> SessionsResult:
    return SessionsResult(
        computed_from=data.basis,
        notes=[*filter(None, [no_rows(data.basis)]), *found.notes],
        charts=list(session_charts(sessions, found)),
        sessions=len({turn.session_id for turn in sessions.turns}),
        requests=len(sessions.turns),
        steps=len(sessions.steps),
        total=found.total,
        totals=found.totals,
        findings=found.findings[:top],
        findings_left_out=len(found.findings[top:]),
        growth=found.growth[:CONTEXTS],
        growth_left_out=len(found.growth[CONTEXTS:]),
        unlogged_prefix=found.unlogged,
        models=found.models,
    )
