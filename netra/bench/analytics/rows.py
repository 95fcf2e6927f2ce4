"""The rows of the bench: one for each format that is loaded, and one for each tool."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from agents.analytics.profile import Profile
from agents.analytics.readers.dialects.registry import DIALECTS
from agents.tools.base import Tool
from agents.tools.catalogue import load_tools
from netra.bench.analytics.logs import GENERATORS
from netra.bench.analytics.measuring import (
    ARGUMENTS,
    BARE,
    TAKES,
    Measured,
    analyse,
    apart,
    bare,
    copy,
    here,
    load,
    required_by,
)
from netra.bench.figures import Figure, TooLittle, ratio

ROWS, QUICK_ROWS = 1_000_000, 20_000
LOADED_WITHIN_SECONDS = 8
LOADED_WITHIN_MIB = 1000
ANALYSED_WITHIN_SECONDS = 2
ANALYSED_FORMAT = "csv"  # whose data set the tools look at
LARGEST_RESULT = 20  # KiB

Row = Callable[[], list[Figure]]


@dataclass
class Bench:
    """Measures with logs of so many rows, in a directory of its own."""

    home: Path
    rows: int
    is_quick: bool = False  # only to show that all rows work
    profile: Profile | None = None  # of the data set that is analysed
    base: dict[str, float] = field(default_factory=dict)  # seconds that DuckDB itself takes

    @property
    def dataset(self) -> Path:
        return self.home / "dataset"

    def all(self) -> Iterator[tuple[str, Row]]:
        """Name and work of each row, in the order in which they are to be done."""
        for format_ in GENERATORS:
            yield f"load {format_}", partial(self._load, format_)
        yield "duckdb", self._base
        for tool in load_tools():
            yield tool.name, partial(self._analyse, tool)

    def _load(self, format_: str) -> list[Figure]:
        file, target = self.home / f"log.{format_}", self.home / "copy.parquet"
        GENERATORS[format_](file, self.rows)
        is_kept = format_ == ANALYSED_FORMAT
        directory = self.dataset if is_kept else self.home / format_
        loaded = self._measured(load, file, directory)
        own = copy(file, target, format_) if format_ in TAKES else None
        size = file.stat().st_size
        file.unlink()
        if is_kept:
            self.profile = loaded.said
        return [
            Figure("until it is loaded", round(loaded.seconds, 2), "s", LOADED_WITHIN_SECONDS),
            Figure("CPU", round(loaded.cpu_seconds, 2), "s"),
            Figure("rows a second", round(loaded.said.rows / loaded.seconds), ""),
            Figure("peak memory", loaded.peak_mib, "MiB", LOADED_WITHIN_MIB),
            *([_beside("DuckDB's plain copy", loaded, own)] if own else []),
            Figure("rows", loaded.said.rows, ""),
            Figure("file", round(size / 1e6, 1), "MB"),
        ]

    def _base(self) -> list[Figure]:
        self._known_profile()
        self.base = {name: bare(self.dataset, sql) for name, sql in BARE.items()}
        return [
            Figure(f"bare {name}", round(seconds, 4), "s") for name, seconds in self.base.items()
        ]

    def _analyse(self, tool: Tool) -> list[Figure]:
        profile = self._known_profile()
        if unknown := [name for name in required_by(tool.function) if name not in ARGUMENTS]:
            raise TooLittle(f"measuring.ARGUMENTS does not say what {unknown} may be.")
        measured = self._measured(analyse, tool.name, self.dataset, profile)
        return [
            Figure("takes", round(measured.seconds, 2), "s", ANALYSED_WITHIN_SECONDS),
            Figure("CPU", round(measured.cpu_seconds, 2), "s"),
            Figure("rows a second", round(self.rows / measured.seconds), ""),
            Figure("peak memory", measured.peak_mib, "MiB"),
            *(_beside(f"the bare {name}", measured, own) for name, own in self.base.items()),
            Figure("result", round(measured.said / 1024, 1), "KiB", LARGEST_RESULT),
        ]

    @property
    def _measured(self) -> Callable[..., Measured]:
        return here if self.is_quick else apart

    def _known_profile(self) -> Profile:
        if self.profile is None:
            raise TooLittle(f"The {ANALYSED_FORMAT} log was not loaded.")
        return self.profile


def unmeasured_formats() -> list[str]:
    """Documented formats that no log is generated in."""
    return [dialect.name for dialect in DIALECTS if dialect.name not in GENERATORS]


def _beside(name: str, measured: Measured, own: float) -> Figure:
    return ratio(f"beside {name}", measured.seconds, own)
