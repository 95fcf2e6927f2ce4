"""The verdicts as tables that fit 80 columns."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from netra.chaos.verdict import MUST_BE_ZERO, Verdict

HEADINGS = {
    "lost": "lost",
    "duplicated": "twice",
    "out_of_order": "dis-\norder",
    "double_effects": "effect\ntwice",
    "missing_effects": "no\neffect",
    "internal_closes": "1011",
    "other_closes": "other\nclose",
    "server_errors": "HTTP\n5xx",
    "failed_runs": "failed\nruns",
    "store_faults": "store",
    "other_faults": "other",
}
COURSE = (
    "times",
    "runs",
    "ended",
    "longest\nrecovery s",
    "reconnect ms\np50 / worst",
    "connects\n%",
)


def tables(verdicts: Sequence[Verdict]) -> list[Table]:
    """How the trials went, and what must be zero."""
    course = _empty("How it went", "fault", COURSE)
    damage = _empty("What must be zero", "fault", (HEADINGS[name] for name in MUST_BE_ZERO))
    for verdict in verdicts:
        course.add_row(verdict.fault, *_course(verdict))
        damage.add_row(verdict.fault, *_damage(verdict))
    return [course, damage]


def _empty(title: str, first: str, rest: Iterable[str]) -> Table:
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    made.add_column(first, no_wrap=True)
    for heading in rest:
        made.add_column(heading, justify="right", no_wrap=True)
    return made


def _course(verdict: Verdict) -> list[str | Text]:
    median, worst = verdict.reconnect_median * 1000, verdict.reconnect_worst * 1000
    return [
        str(verdict.injections) if verdict.injections else Text("0", style="bold red"),
        str(verdict.runs),
        str(verdict.ended),
        f"{verdict.longest_recovery:.1f}",
        f"{median:.0f} / {worst:.0f}" if verdict.reconnects else "-",
        f"{verdict.connected_share * 100:.2f}",
    ]


def _damage(verdict: Verdict) -> list[Text]:
    counts = [getattr(verdict, name) for name in MUST_BE_ZERO]
    return [Text(str(count), style="bold red" if count else "green") for count in counts]
