"""All of an analysis of sessions put together, each token of waste counted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from agents.analytics.sessions.caching import missed_caches
from agents.analytics.sessions.conversation import Conversation, Sessions
from agents.analytics.sessions.findings import (
    Finding,
    Growth,
    Kind,
    KindTotal,
    ModelUse,
    Total,
    Unlogged,
)
from agents.analytics.sessions.growth import growth, model_mix, unlogged
from agents.analytics.sessions.misses import misses
from agents.analytics.sessions.reading import Context, oversized, repeated

MOST_MODELS = 10

UNTOLD = (
    "A session log does not hold the system prompt, tool definitions and memory files, so which "
    "tools were never used cannot be told.",
    "Assistants also clear old tool results from the context without a line in the log: what was "
    "carried is at most what is said here.",
)
NO_TOKENS = (
    "The log has no tokens of its requests: sizes are estimated at 4 characters a token, and costs "
    "and cache misses cannot be told."
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """`findings` are all of them, the most expensive first."""

    findings: list[Finding]
    totals: list[KindTotal]
    total: Total
    growth: list[Growth]  # the contexts that sent most first
    unlogged: Unlogged | None
    models: list[ModelUse]
    notes: list[str]  # what the log cannot tell


def analyse(sessions: Sessions) -> Analysis:
    """What `sessions` sent that could have been spared, and what they consist of."""
    findings = [
        finding for conversation in sessions.conversations for finding in _findings(conversation)
    ]
    findings.sort(key=_weight)
    grown = [found for each in sessions.conversations if (found := growth(each)) is not None]
    return Analysis(
        findings=findings,
        totals=_totals(findings),
        total=_total(findings, sessions),
        growth=sorted(grown, key=lambda found: -found.sent_tokens),
        unlogged=unlogged(sessions.conversations),
        models=model_mix(sessions.turns, MOST_MODELS),
        notes=_notes(sessions),
    )


def _findings(conversation: Conversation) -> list[Finding]:
    context = Context(conversation, misses(conversation))
    repeats, known = repeated(context)
    large = oversized(context, known)
    return [*repeats, *large, *missed_caches(conversation, context.missed)]


def _weight(finding: Finding) -> tuple[Decimal, int]:
    tokens = finding.tokens + finding.carried_tokens
    return -(finding.cost_usd or Decimal(0)), -tokens


def _totals(findings: Sequence[Finding]) -> list[KindTotal]:
    found = []
    for kind in get_args(Kind):
        of_kind = [finding for finding in findings if finding.kind == kind]
        if of_kind:
            found.append(
                KindTotal(
                    kind=kind,
                    findings=len(of_kind),
                    tokens=sum(finding.tokens for finding in of_kind),
                    carried_tokens=sum(finding.carried_tokens for finding in of_kind),
                    cost_usd=_cost(of_kind),
                    unpriced=sum(finding.cost_usd is None for finding in of_kind),
                )
            )
    return found


def _total(findings: Sequence[Finding], sessions: Sessions) -> Total:
    sure = [
        finding
        for finding in findings
        if finding.confidence != "low" and finding.kind != "oversized_result"
    ]
    spared = [finding for finding in findings if finding.kind != "cache_miss"]
    priced = [cost for turn in sessions.turns if (cost := turn.cost_usd) is not None]
    paid, wasted = sum(priced, Decimal(0)), _cost(findings)
    return Total(
        spared_tokens=sum(finding.tokens + finding.carried_tokens for finding in spared),
        missed_tokens=sum(f.tokens for f in findings if f.kind == "cache_miss"),
        sure_usd=_cost(sure),
        cost_usd=wasted,
        unpriced_findings=sum(finding.cost_usd is None for finding in findings),
        sessions_usd=paid,
        unpriced_requests=len(sessions.turns) - len(priced),
        share_of_cost=float(wasted / paid) if paid else None,
    )


def _cost(findings: Sequence[Finding]) -> Decimal:
    return sum((f.cost_usd for f in findings if f.cost_usd is not None), Decimal(0))


def _notes(sessions: Sessions) -> list[str]:
    notes = list(UNTOLD)
    if not any(turn.input_tokens is not None for turn in sessions.turns):
        notes.insert(0, NO_TOKENS)
    unknown = sorted({turn.model for turn in sessions.turns if turn.model and not turn.rates})
    if unknown and any(turn.rates for turn in sessions.turns):
        notes.append(f"No price is known for {', '.join(unknown[:5])}: costs are without them.")
    if not sessions.steps and sessions.turns:
        notes.append("The log holds no tool calls, so nothing can be said of what tools brought.")
    return notes
