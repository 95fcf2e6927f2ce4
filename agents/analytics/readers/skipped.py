"""Rows that cannot be read: counted and described, and refused only when there are no others."""

from agents.analytics.profile import EXAMPLES, SkippedRow
from agents.exceptions import UnreadableFile


class Skipped:
    """
    The rows left out so far.

    `place` is what the numbers count: lines of a text file, rows of a Parquet file.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.count = 0
        self.examples: list[SkippedRow] = []

    def add(self, line: int, reason: str, *, rows: int = 1) -> None:
        """Leave out `rows` rows from `line` on. Only the first few reasons are kept."""
        self.count += rows
        if len(self.examples) < EXAMPLES:
            self.examples.append(SkippedRow(line=line, reason=reason))

    def extend(self, count: int, examples: list[SkippedRow]) -> None:
        """Add rows that were found in a second pass, which may lie between those known."""
        self.count += count
        merged = sorted([*self.examples, *examples], key=lambda row: row.line)
        self.examples = merged[:EXAMPLES]

    def refuse_if_none(self, read: int) -> None:
        """Raises UnreadableFile, with the first reasons, when not one row could be read."""
        if read or not self.count:
            return
        first, *others = self.examples
        place = self.place.capitalize()
        more = "".join(f" {place} {row.line} {row.reason}." for row in others[:2])
        none = "The only row cannot" if self.count == 1 else f"None of the {self.count:,} rows can"
        raise UnreadableFile(
            f"{none} be read. {place} {first.line} {first.reason}.{more} "
            "Correct the rows, or map the columns otherwise, and upload the file anew.",
            {"rows": [row.model_dump() for row in self.examples]},
        )
