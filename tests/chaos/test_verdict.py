"""The judge sees each kind of damage, and only that."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from netra.chaos.report import tables
from netra.chaos.verdict import MUST_BE_ZERO, Evidence, Verdict, are_clean, judge
from netra.trial.asking import Asking
from netra.trial.delivery import Deliveries
from netra.trial.journal import Journal
from netra.trial.script import Script

RUN = "5b0c2f5e-0f1e-4a57-9d2e-3f6a4f7f7d10"
SCRIPT = Script("cut-1-1", responses=1, calls=2)
KINDS = ["agent_started", "agent_thinking", "agent_completed"]


def text(seq: int) -> str:
    return f"event {seq}"


def told(kinds: Sequence[str] = KINDS, *, at: float = 10.0) -> Asking:
    """A run whose events arrived one a second from `at` on."""
    deliveries = Deliveries()
    for seq, kind in enumerate(kinds, start=1):
        frame = {"run_id": RUN, "seq": seq, "type": kind, "data": {"code": "agent_failure"}}
        deliveries.take(frame, text(seq), at + seq)
    asking = Asking(SCRIPT, "any", "key", began_at=at, run_id=RUN)
    asking.delivery = deliveries.of(RUN)
    return asking


def stored(kinds: Sequence[str] = KINDS) -> dict[str, Any]:
    deliveries = told(kinds).delivery
    return {
        "id": RUN,
        "label": SCRIPT.label,
        "state": "completed",
        "is_live": False,
        "last_seq": len(kinds),
        "error": "",
        "events": [[seq, kind, deliveries.digests[seq]] for seq, kind in enumerate(kinds, start=1)],
        "calls": [[entry, "succeeded"] for entry in SCRIPT.entries],
    }


def sound() -> Evidence:
    asking = told()
    return Evidence(
        fault="cut",
        askings=[asking],
        journal=Journal(),
        stored=[stored()],
        effects=Counter(SCRIPT.entries),
        faults_at=[(12.5, [asking])],
    )


def damage(verdict: Verdict) -> dict[str, int]:
    counts = {name: getattr(verdict, name) for name in MUST_BE_ZERO}
    return {name: count for name, count in counts.items() if count}


def test_nothing_lost_is_judged_clean() -> None:
    verdict = judge(sound())
    assert damage(verdict) == {}
    assert verdict.is_clean
    assert (verdict.runs, verdict.ended, verdict.injections) == (1, 1, 1)
    assert verdict.longest_recovery == 0.5


def test_a_trial_without_a_fault_has_shown_nothing() -> None:
    verdict = judge(replace(sound(), faults_at=[]))
    assert damage(verdict) == {}
    assert not are_clean([verdict])


def with_journal(change: Callable[[Journal], object]) -> Evidence:
    evidence = sound()
    change(evidence.journal)
    return evidence


def with_row(**changes: Any) -> Evidence:
    return replace(sound(), stored=[{**stored(), **changes}])


def without_end() -> Evidence:
    return replace(sound(), askings=[told(KINDS[:-1])])


def with_delivery(**changes: Any) -> Evidence:
    evidence = sound()
    for name, value in changes.items():
        setattr(evidence.askings[0].delivery, name, value)
    return evidence


def with_effects(*entries: str) -> Evidence:
    return replace(sound(), effects=Counter(entries))


def failed() -> Evidence:
    kinds = [*KINDS[:-1], "agent_error"]
    return replace(sound(), askings=[told(kinds)], stored=[stored(kinds)])


def unrecovered() -> Evidence:
    evidence = sound()
    evidence.askings[0].is_unrecovered = True
    return evidence


FIRST, SECOND = SCRIPT.entries
ROWS: Any = stored()
CASES: dict[str, tuple[Evidence, dict[str, int]]] = {
    "no end": (without_end(), {"lost": 1}),
    "an event other than stored": (
        with_row(events=[*ROWS["events"][:-1], [3, "agent_completed", "other"]]),
        {"lost": 1},
    ),
    "an event that is only stored": (
        with_row(
            events=[*ROWS["events"][:-1], [3, "agent_thinking", "x"], [4, "agent_completed", "y"]],
            last_seq=4,
        ),
        {"lost": 1},
    ),
    "not resumed": (unrecovered(), {"lost": 1}),
    "not stored at all": (
        replace(sound(), stored=[]),
        {"lost": 1, "store_faults": 2} | {"missing_effects": 2},
    ),
    "events twice": (with_delivery(duplicated=2), {"duplicated": 2}),
    "disorder": (with_delivery(out_of_order=3), {"out_of_order": 3}),
    "changed": (with_delivery(changed=1), {"lost": 1}),
    "two runs of one key": (
        replace(sound(), stored=[stored(), {**stored(), "id": "other", "calls": []}]),
        {"duplicated": 1},
    ),
    "an effect twice": (with_effects(FIRST, FIRST, SECOND), {"double_effects": 1}),
    "an effect missing": (with_effects(FIRST), {"missing_effects": 1}),
    "an effect nobody announced": (
        with_effects(FIRST, SECOND, f"{SCRIPT.label}/9.9"),
        {"store_faults": 1},
    ),
    "a call left out": (
        replace(with_row(calls=[[FIRST, "succeeded"]]), effects=Counter([FIRST])),
        {"missing_effects": 1},
    ),
    "1011": (
        with_journal(lambda journal: journal.closed(1011, is_explained=True)),
        {"internal_closes": 1},
    ),
    "an unexpected close": (
        with_journal(lambda journal: journal.closed(1006, is_explained=False)),
        {"other_closes": 1},
    ),
    "HTTP 500": (
        with_journal(lambda journal: journal.statuses.update([500])),
        {"server_errors": 1},
    ),
    "no answer": (
        with_journal(lambda journal: journal.failed_visits.update(["ReadTimeout"])),
        {"server_errors": 1},
    ),
    "a failed run": (failed(), {"failed_runs": 1}),
    "a live run": (with_row(is_live=True), {"store_faults": 1}),
    "no terminal event": (
        replace(sound(), askings=[told(KINDS[:-1])], stored=[stored(KINDS[:-1])]),
        {"lost": 1, "store_faults": 1},
    ),
    "a wrong last_seq": (with_row(last_seq=7), {"store_faults": 1}),
    "a gap": (
        with_row(events=[*ROWS["events"][:-1], [4, *ROWS["events"][-1][1:]]]),
        {"lost": 1, "store_faults": 1},
    ),
    "an open call": (with_row(calls=[[FIRST, "open"], [SECOND, "succeeded"]]), {"store_faults": 1}),
    "an error frame": (
        with_journal(lambda journal: journal.error_codes.update(["internal"])),
        {"other_faults": 1},
    ),
    "an unknown frame": (
        with_journal(lambda journal: journal.unknown.update(["oddity"])),
        {"other_faults": 1},
    ),
    "REST says otherwise": (
        with_journal(lambda journal: journal.disagreements.append("cut-1-1: running")),
        {"other_faults": 1},
    ),
    "a process that died": (replace(sound(), dead=["worker-1"]), {"other_faults": 1}),
}


@pytest.mark.parametrize("case", CASES)
def test_damage_is_seen_and_told(case: str) -> None:
    evidence, expected = CASES[case]
    verdict = judge(evidence)
    assert damage(verdict) == expected
    assert verdict.details
    assert not are_clean([judge(sound()), verdict])


def test_closes_that_were_brought_about_and_a_busy_server_are_no_damage() -> None:
    evidence = sound()
    evidence.journal.closed(4012, is_explained=True)
    evidence.journal.statuses.update([200, 503])
    evidence.journal.error_codes.update(["unavailable"])
    assert judge(evidence).is_clean


def test_a_call_that_was_cut_off_may_have_taken_effect_or_not() -> None:
    for effects in (SCRIPT.entries, [SECOND]):
        evidence = with_row(calls=[[FIRST, "failed"], [SECOND, "succeeded"]])
        verdict = judge(replace(evidence, effects=Counter(effects)))
        assert verdict.is_clean
        assert verdict.cut_off_calls == 1


def test_recovery_is_the_silence_that_a_fault_began() -> None:
    asking = told()  # events at 11, 12 and 13
    asking.delivery.times = [11.0, 12.3, 19.0, 19.1]
    # What was on its way at 12 came at 12.3; the event after it is the first of the recovery.
    assert asking.recovery_after(12.0) == pytest.approx(7.0)
    assert asking.recovery_after(15.0) == pytest.approx(4.0)
    assert asking.recovery_after(20.0) == 0.0


def test_the_tables_have_a_line_for_each_fault() -> None:
    verdicts = [judge(sound()), judge(failed())]
    assert [made.row_count for made in tables(verdicts)] == [2, 2]
