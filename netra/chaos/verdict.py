"""What a trial under one fault showed, counted from the clients', the store's and the ledger's."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from agents.events import TERMINAL_TYPES
from netra.trial.asking import Asking
from netra.trial.journal import INTERNAL_ERROR, Journal

MUST_BE_ZERO = (
    "lost",
    "duplicated",
    "out_of_order",
    "double_effects",
    "missing_effects",
    "internal_closes",
    "other_closes",
    "server_errors",
    "failed_runs",
    "store_faults",
    "other_faults",
)


@dataclass(slots=True)
class Verdict:
    """Times in seconds. All of MUST_BE_ZERO are zero, or the fault has done damage."""

    fault: str
    injections: int
    runs: int
    ended: int = 0
    lost: int = 0  # runs without an end in time, or with an event missing or other than stored
    duplicated: int = 0  # events, and runs that one key has made twice
    out_of_order: int = 0
    double_effects: int = 0
    missing_effects: int = 0
    internal_closes: int = 0  # 1011
    other_closes: int = 0
    server_errors: int = 0  # HTTP 5xx, and no answer
    failed_runs: int = 0
    store_faults: int = 0
    other_faults: int = 0  # refused messages, unknown frames, REST against socket, dead processes
    longest_recovery: float = 0.0
    reconnect_median: float = 0.0
    reconnect_worst: float = 0.0
    connected_share: float = 1.0
    reconnects: int = 0
    cut_off_calls: int = 0  # for information: that a lost worker left open
    details: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return self.injections > 0 and not any(getattr(self, name) for name in MUST_BE_ZERO)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_clean": self.is_clean}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a trial has left behind."""

    fault: str
    askings: Sequence[Asking]
    journal: Journal
    stored: Sequence[Mapping[str, Any]]  # as `netra.trial.inside.review` returns them
    effects: Counter[str]
    faults_at: Sequence[tuple[float, Sequence[Asking]]]  # when, and whose runs it hurt
    dead: Sequence[str] = ()  # processes that ended by themselves


def judge(evidence: Evidence) -> Verdict:
    verdict = Verdict(
        fault=evidence.fault, injections=len(evidence.faults_at), runs=len(evidence.askings)
    )
    of_label: dict[str, list[Mapping[str, Any]]] = {}
    for row in evidence.stored:
        of_label.setdefault(row["label"], []).append(row)
    for asking in evidence.askings:
        _judge_delivery(verdict, asking, of_label.get(asking.script.label, []))
    for row in evidence.stored:
        _judge_store(verdict, row)
        _judge_effects(verdict, row, evidence.effects)
    for entry in evidence.effects.keys() - _called(evidence.stored):
        _blame(verdict, "store_faults", f"{entry} took effect before it was stored")
    _judge_connections(verdict, evidence.journal)
    for name in evidence.dead:
        _blame(verdict, "other_faults", f"{name} ended by itself")
    _measure(verdict, evidence)
    return verdict


def _judge_delivery(verdict: Verdict, asking: Asking, rows: Sequence[Mapping[str, Any]]) -> None:
    given, name = asking.delivery, f"{asking.script.label} {asking.run_id}"
    if asking.refusal:
        _blame(verdict, "other_faults", f"{name} was refused: {asking.refusal}")
    if given.end is None:
        _blame(verdict, "lost", f"{name} has no end; its last event was {given.last_seq}")
    else:
        verdict.ended += 1
        _judge_end(verdict, asking, rows)
    if asking.is_unrecovered:
        _blame(verdict, "lost", f"{name} could not be resumed")
    if len(rows) > 1:
        _blame(verdict, "duplicated", f"{name} was made {len(rows)} times")
    for kind in ("duplicated", "out_of_order"):
        if count := getattr(given, kind):
            _blame(verdict, kind, f"{name}: {count} events {kind}", count)


def _judge_end(verdict: Verdict, asking: Asking, rows: Sequence[Mapping[str, Any]]) -> None:
    given, name = asking.delivery, f"{asking.script.label} {asking.run_id}"
    stored = rows[0]["events"] if rows else []
    if given.digests != {seq: digest for seq, _, digest in stored} or given.changed:
        _blame(verdict, "lost", f"{name} was told other than it is stored")
    if asking.end_type != "agent_completed" and given.end:
        why = f"{asking.end_type} {given.end['data'].get('code', '')}"
        _blame(verdict, "failed_runs", f"{name}: {why}")
    elif left_out := set(asking.script.entries) - _called(rows):
        _blame(verdict, "missing_effects", f"{name} has left out {left_out}", len(left_out))


def _called(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    return {entry for row in rows for entry, _ in row["calls"]}


def _judge_store(verdict: Verdict, row: Mapping[str, Any]) -> None:
    seqs = [seq for seq, _, _ in row["events"]]
    terminal = [kind for _, kind, _ in row["events"] if kind in TERMINAL_TYPES]
    faults = {
        "is still live": row["is_live"],
        f"has {len(terminal)} terminal events": len(terminal) != 1,
        "has a gap": seqs != list(range(1, len(seqs) + 1)),
        "says another last_seq than it has": row["last_seq"] != len(seqs),
        "has an open call": any(status == "open" for _, status in row["calls"]),
    }
    for what, is_so in faults.items():
        if is_so:
            _blame(verdict, "store_faults", f"{row['label']} {row['id']} {what}")


def _judge_effects(verdict: Verdict, row: Mapping[str, Any], effects: Counter[str]) -> None:
    for entry, status in row["calls"]:
        if effects[entry] > 1:
            _blame(verdict, "double_effects", f"{entry} took effect {effects[entry]} times")
        # Who denies a call does so because it has taken effect already.
        if status in ("succeeded", "denied") and not effects[entry]:
            _blame(verdict, "missing_effects", f"{entry} {status} without effect")
        verdict.cut_off_calls += status != "succeeded"


def _judge_connections(verdict: Verdict, journal: Journal) -> None:
    for code, count in journal.closes.items():
        name = "internal_closes" if code == INTERNAL_ERROR else "other_closes"
        _blame(verdict, name, f"{count} sockets closed with {code}", count)
    if journal.server_errors:
        _blame(verdict, "server_errors", f"HTTP {dict(journal.statuses)}", journal.server_errors)
    if count := journal.failed_visits.total():
        _blame(verdict, "server_errors", f"REST {dict(journal.failed_visits)}", count)
    # That the database is away is said with this code; the client asks again.
    codes = {code: count for code, count in journal.error_codes.items() if code != "unavailable"}
    for what, found in (("errors", codes), ("unknown frames", journal.unknown)):
        if count := sum(found.values()):
            _blame(verdict, "other_faults", f"{what}: {dict(found)}", count)
    for disagreement in journal.disagreements:
        _blame(verdict, "other_faults", f"REST says {disagreement}")
    verdict.connected_share = journal.connected_share
    if journal.failed_connects:
        verdict.details.append(f"failed connects: {dict(journal.failed_connects)}")
    verdict.reconnects = len(journal.reconnect_seconds)
    verdict.reconnect_median = median(journal.reconnect_seconds or [0.0])
    verdict.reconnect_worst = max(journal.reconnect_seconds, default=0.0)


def _measure(verdict: Verdict, evidence: Evidence) -> None:
    recoveries = (
        asking.recovery_after(at) for at, askings in evidence.faults_at for asking in askings
    )
    verdict.longest_recovery = max(recoveries, default=0.0)


def _blame(verdict: Verdict, name: str, why: str, count: int = 1) -> None:
    setattr(verdict, name, getattr(verdict, name) + count)
    verdict.details.append(why)


def are_clean(verdicts: Iterable[Verdict]) -> bool:
    return all(verdict.is_clean for verdict in verdicts)
