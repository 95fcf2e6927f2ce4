"""The figures of a bench as a table, and as JSON."""

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from netra.bench.figures import Figure

MARKS = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}


def table(name: str, figures: Sequence[Figure]) -> Table:
    """One row of the bench: what was measured, and what was to be reached."""
    shown = Table(box=box.SIMPLE, title=name, title_justify="left", title_style="bold")
    shown.add_column("", min_width=38)
    for heading in ("measured", "to reach"):
        shown.add_column(heading, justify="right", min_width=11)
    shown.add_column("", min_width=3)
    for figure in figures:
        shown.add_row(figure.name, _with_unit(figure), _target(figure), MARKS[figure.is_reached])
    return shown


def _with_unit(figure: Figure) -> str:
    return f"{figure.value:,} {figure.unit}".rstrip()


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"{'>=' if figure.at_least else '<='} {figure.target:,} {figure.unit}".rstrip()


def as_json(
    rows: Mapping[str, Sequence[Figure]], failures: Mapping[str, str], *, database: str
) -> dict[str, Any]:
    return {
        "machine": {"cores": os.cpu_count(), "system": platform.platform()},
        "database": database,
        "rows": {name: [figure.as_json() for figure in of_row] for name, of_row in rows.items()},
        "failures": dict(failures),
    }
