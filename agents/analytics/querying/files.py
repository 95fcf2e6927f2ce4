"""The files of tables on their way to the process that reads them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias, TypedDict

from agents.analytics.parts import Contents

Source: TypeAlias = Contents | Path
"""What a table has its rows from: a data set, or a Parquet file beside one."""


class Files(TypedDict):
    """A `Source` as JSON has it; the paths are absolute, for the process works elsewhere."""

    parts: list[str]
    staged: str | None
    beside: str | None


def files_of(source: Source) -> Files:
    if isinstance(source, Path):
        return {"parts": [], "staged": None, "beside": str(source.absolute())}
    return {
        "parts": [str(part.absolute()) for part in source.parts],
        "staged": str(source.staged.absolute()) if source.staged else None,
        "beside": None,
    }


def source_from(files: Files) -> Source:
    if files["beside"]:
        return Path(files["beside"])
    staged = files["staged"]
    return Contents(tuple(map(Path, files["parts"])), Path(staged) if staged else None)


def readable(source: Source) -> Sequence[Path]:
    """The files that a connection must be able to read."""
    return [source] if isinstance(source, Path) else source.readable
