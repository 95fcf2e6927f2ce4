"""
Calls that brought nothing new: the same read again, and the same failure again.

A read is a repetition when an earlier one of the same context, which that context still holds,
covers the same lines of the same file, no call changed the file between, and it neither failed nor
was answered without content. With the same lines its text has to be the same too; with a part of
them that cannot be compared, so the finding is weaker, and weaker still after a command of which
nobody knows what it changed. Searches count only with the same words, the same result, and nothing
changed or run between.

A failure is a repetition when the same call, argument by argument, has failed before in a context
that still holds that failure, and nothing was changed between.
"""

from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, TypeAlias

from agents.analytics.sessions.conversation import Conversation, Step

Confidence = Literal["high", "medium", "low"]
Lines: TypeAlias = tuple[int, float]

MOST_COMPARED = 200  # parts of one file that are looked at for one that covers another


@dataclass(frozen=True, slots=True)
class Repeat:
    """`step` repeats `earlier`."""

    step: Step
    earlier: Step
    confidence: Confidence


@dataclass(slots=True)
class _Seen:
    """What a context holds while its calls are gone through."""

    # Of each target the last read of the same lines, with the runs before it; the newest last.
    reads: dict[str, dict[Lines, tuple[Step, int]]] = field(default_factory=dict)
    targets: dict[str, set[str]] = field(default_factory=dict)  # that a path is in
    failures: dict[tuple[str, str], tuple[Step, int]] = field(default_factory=dict)
    runs: int = 0
    changes: int = 0


def repeated_reads(conversation: Conversation) -> list[Repeat]:
    seen = _Seen()
    found = []
    for step in conversation.steps:
        if step.action in ("read", "search") and _has_content(step) and step.target:
            if repeat := _repeat(step, seen):
                found.append(repeat)
            _note_read(step, step.target, seen)
        _note_changes(step, seen)
    return found


def repeated_failures(conversation: Conversation) -> list[Repeat]:
    seen = _Seen()
    found = []
    for step in conversation.steps:
        if step.is_error and step.sends:
            call = step.tool, step.arguments_digest
            earlier, changes = seen.failures.get(call, (None, 0))
            if earlier and _is_held(earlier, step) and changes == seen.changes:
                same = earlier.result_digest == step.result_digest
                found.append(Repeat(step, earlier, "high" if same else "medium"))
            seen.failures[call] = step, seen.changes
        _note_changes(step, seen)
    return found


def _repeat(step: Step, seen: _Seen) -> Repeat | None:
    known = seen.reads.get(step.target or "", {})
    same, doings = known.get(_lines(step), (None, 0))
    if same and _is_held(same, step):
        is_same = same.result_digest == step.result_digest
        if is_same and not (step.action == "search" and doings != _doings(step, seen)):
            return Repeat(step, same, "high")
        return None  # what it read has changed
    if step.action == "read":
        for earlier, doings in islice(reversed(known.values()), MOST_COMPARED):
            if _is_held(earlier, step) and _covers(earlier, step):
                has_run = doings != _doings(step, seen)
                return Repeat(step, earlier, "low" if has_run else "medium")
    return None


def _note_read(step: Step, target: str, seen: _Seen) -> None:
    known = seen.reads.setdefault(target, {})
    known.pop(_lines(step), None)
    known[_lines(step)] = step, _doings(step, seen)
    for path in (target, *target.split()):
        seen.targets.setdefault(path, set()).add(target)


def _doings(step: Step, seen: _Seen) -> int:
    return seen.runs + seen.changes if step.action == "search" else seen.runs


def _note_changes(step: Step, seen: _Seen) -> None:
    if step.action == "run":
        seen.runs += 1
    if step.is_error or not (step.changes or step.action == "edit"):
        return
    seen.changes += 1
    for path in step.changes:
        for target in seen.targets.pop(path, ()):
            seen.reads.pop(target, None)


def _has_content(step: Step) -> bool:
    return bool(step.sends and step.result_tokens) and not (step.is_error or step.is_unchanged)


def _is_held(earlier: Step, step: Step) -> bool:
    """Whether the earlier result still is in the context that the later one enters."""
    return earlier.leaves is not None and step.enters is not None and earlier.leaves > step.enters


def _lines(step: Step) -> Lines:
    return step.first_line or 1, step.last_line or float("inf")


def _covers(earlier: Step, step: Step) -> bool:
    return _lines(earlier)[0] <= _lines(step)[0] and _lines(step)[1] <= _lines(earlier)[1]
