"""Small pieces of the sentences that results and reports are made of."""

from collections.abc import Sequence


def counted(number: int, noun: str, nouns: str = "") -> str:
    """`1 row`, `2,000 rows`; `nouns` where the plural has more than an s."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"


def listing(names: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
