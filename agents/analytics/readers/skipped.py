"""Rows that cannot be read: counted and described while few, refused when many."""

from agents.analytics.profile import EXAMPLES, SkippedRow
from agents.exceptions import UnreadableFile

MOST_SKIPPED_PERCENT = 1  # of all rows; more means that the file is not what it seems


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

    def refuse_if_many(self, read: int) -> None:
        """Raises UnreadableFile when over 1 % of all rows are left out; `read` rows are not."""
        total = read + self.count
        if self.count * 100 <= total * MOST_SKIPPED_PERCENT:
            return
        first, *others = self.examples
        place = self.place.capitalize()
        more = "".join(f" {place} {row.line} {row.reason}." for row in others[:2])
        raise UnreadableFile(
            f"{self.count:,} of {total:,} rows cannot be read, which is more than "
            f"{MOST_SKIPPED_PERCENT} %. {place} {first.line} {first.reason}.{more} "
            "Correct or remove such rows, or map the columns otherwise, and upload the file anew.",
            {"rows": [row.model_dump() for row in self.examples]},
        )
