"""The files of data sets on their way to the process that reads them."""

from pathlib import Path
from typing import TypedDict

from agents.analytics.parts import Contents


class Files(TypedDict):
    """`Contents` as JSON has them; the paths are absolute, for the process works elsewhere."""

    parts: list[str]
    staged: str | None


def files_of(contents: Contents) -> Files:
    return {
        "parts": [str(part.absolute()) for part in contents.parts],
        "staged": str(contents.staged.absolute()) if contents.staged else None,
    }


def contents_from(files: Files) -> Contents:
    staged = files["staged"]
    return Contents(tuple(map(Path, files["parts"])), Path(staged) if staged else None)
