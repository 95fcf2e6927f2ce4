"""Findings on what tools brought into the context: repetitions, and results that are very large."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.analytics.sessions.carrying import NOTHING, Carried, carried
from agents.analytics.sessions.conversation import Conversation, Step
from agents.analytics.sessions.findings import MOST_EVIDENCE, Evidence, Finding, Kind
from agents.analytics.sessions.misses import Miss
from agents.analytics.sessions.repeats import Repeat, repeated_failures, repeated_reads
from agents.analytics.wording import counted

OVERSIZED_TOKENS = 4000  # 16,000 characters; half of what assistants let a command print

READ_FIX = (
    "The file was in the context already. Ask the assistant to rely on what it has read, and name "
    "the lines that matter; a note in its project file does that for every session."
)
FAILURE_FIX = (
    "The same call can only fail again. Say in the project file how it has to be called, or forbid "
    "it there; deny it in the permissions if it must never run."
)
OVERSIZED_FIX = {
    "read": "Read the lines that are needed (offset and limit, or a search first).",
    "search": "Search for less: a narrower pattern or folder, or only the names of files.",
    "run": "Let the command print less: quiet flags, only failures, or tail and grep behind it.",
    "agent": "Ask the agent for a short report.",
}
OTHER_FIX = "Ask the tool for less: fewer fields, a page, or a summary."


@dataclass(frozen=True, slots=True)
class Context:
    """A conversation with what is known of it before its results are judged."""

    conversation: Conversation
    missed: Mapping[int, Miss]


def repeated(context: Context) -> tuple[list[Finding], set[int]]:
    """Findings on reads and failures that repeat earlier ones, and the ids of these steps."""
    reads = repeated_reads(context.conversation)
    failures = repeated_failures(context.conversation)
    found = [*_reads(context, reads), *_failures(context, failures)]
    return found, {id(repeat.step) for repeat in (*reads, *failures)}


def oversized(context: Context, known: set[int]) -> Iterator[Finding]:
    """Results above OVERSIZED_TOKENS, with what of them is beyond that; `known` are left out."""
    for step in context.conversation.steps:
        if id(step) in known or not step.sends or step.result_tokens <= OVERSIZED_TOKENS:
            continue
        cost = carried(context.conversation, step, context.missed, after=OVERSIZED_TOKENS)
        yield Finding(
            kind="oversized_result",
            session=step.session_id,
            agent=context.conversation.first.agent,
            tool=step.tool,
            target=step.target,
            times=1,
            tokens=cost.tokens,
            carried_tokens=cost.carried,
            cost_usd=cost.cost_usd,
            # Whether it was needed, no log says; of files that is likelier than of other output.
            confidence="low" if step.action in ("read", "edit", "agent") else "medium",
            problem=(
                f"A result of {step.result_tokens:,} tokens ({step.tokens_are}) stayed in the "
                f"context of {counted(step.sends, 'request')}; counted is what exceeds "
                f"{OVERSIZED_TOKENS:,}."
            ),
            fix=OVERSIZED_FIX.get(step.action, OTHER_FIX),
            evidence=[_evidence(step, f"{step.result_tokens:,} tokens")],
        )


def _reads(context: Context, repeats: Sequence[Repeat]) -> Iterator[Finding]:
    for group in _grouped(repeats, lambda repeat: (repeat.step.tool, repeat.step.target or "")):
        first, times = group[0], len(group)
        yield _finding(
            context,
            group,
            kind="repeated_read",
            problem=(
                f"{_named(first.step)} was read again {counted(times, 'time')} while its content "
                "was in the context and nothing had changed it."
            ),
            fix=READ_FIX,
        )


def _failures(context: Context, repeats: Sequence[Repeat]) -> Iterator[Finding]:
    for group in _grouped(repeats, lambda repeat: (repeat.step.tool, repeat.step.arguments_digest)):
        first, times = group[0], len(group)
        yield _finding(
            context,
            group,
            kind="repeated_failure",
            problem=(
                f"{_named(first.step)} failed again {counted(times, 'time')}, called the same way"
                f"{f': {first.step.head}' if first.step.head else '.'}"
            ),
            fix=FAILURE_FIX,
        )


def _finding(
    context: Context, group: Sequence[Repeat], *, kind: Kind, problem: str, fix: str
) -> Finding:
    cost: Carried = NOTHING
    for repeat in group:
        cost += carried(context.conversation, repeat.step, context.missed)
    first = group[0].step
    return Finding(
        kind=kind,
        session=first.session_id,
        agent=context.conversation.first.agent,
        tool=first.tool,
        target=first.target,
        times=len(group),
        tokens=cost.tokens,
        carried_tokens=cost.carried,
        cost_usd=cost.cost_usd,
        confidence=group[0].confidence,  # groups are of one
        problem=problem,
        fix=fix,
        evidence=[
            _evidence(group[0].earlier, "first"),
            *(_evidence(repeat.step, "again") for repeat in group[: MOST_EVIDENCE - 1]),
        ],
    )


def _grouped(
    repeats: Sequence[Repeat], key: Callable[[Repeat], tuple[str, str]]
) -> list[list[Repeat]]:
    groups: defaultdict[tuple[str, str, str], list[Repeat]] = defaultdict(list)
    for repeat in repeats:
        groups[*key(repeat), repeat.confidence].append(repeat)
    return list(groups.values())


def _named(step: Step) -> str:
    if step.action != "read" or (step.first_line is None and step.last_line is None):
        return step.target or step.tool
    last = "its end" if step.last_line is None else f"{step.last_line:,}"
    return f"{step.target} (lines {step.first_line or 1:,} to {last})"


def _evidence(step: Step, what: str) -> Evidence:
    place = step.result_place or step.place
    return Evidence(place=place, what=what, timestamp=step.timestamp)
