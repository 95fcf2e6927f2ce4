"""Figures for people, and Markdown in which data stays data."""

from collections.abc import Sequence
from decimal import Decimal

LONGEST_VALUE = 60  # characters of a data value that a report shows

# What CommonMark and its tables would read as more than text.
_MARKUP = set("\\`*_{}[]()<>#+!|~&$")


def name(value: str) -> str:
    """
    A value from the data as inline code, where no markup, HTML or link in it has any effect.

    Code needs no escapes but for backticks, which would end it, and bars, which would end a cell.
    """
    visible = "".join(letter if letter.isprintable() else " " for letter in value)
    text = " ".join(visible.split())
    if len(text) > LONGEST_VALUE:
        text = text[: LONGEST_VALUE - 1] + "…"
    # A backslash before a bar would be read together with the one that escapes the bar.
    text = text.replace("`", "'").replace("\\|", "\\ |").replace("|", "\\|")
    return f"`{text}`" if text else "`(empty)`"


def quoted(text: str) -> str:
    """A sentence from elsewhere, such as an error, with every sign of markup escaped."""
    plain = " ".join(text.split())
    escaped = "".join(f"\\{letter}" if letter in _MARKUP else letter for letter in plain)
    return escaped.replace("://", ":\u200b//").replace("www.", "www\u200b.")  # no automatic links


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """A Markdown table: the first `texts` columns to the left, the figures to the right."""
    marks = ["---"] * texts + ["---:"] * (len(header) - texts)
    lines = [f"| {' | '.join(cells)} |" for cells in (header, marks, *rows)]
    return "\n".join(lines)


def count(number: float) -> str:
    """`18,059,974`; of a mean or a percentile the nearest whole, below ten one decimal or more."""
    if number == int(number) or abs(number) >= 10:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 0.1 else f"{number:.2g}"


def figure(number: int | None) -> str:
    """`1,234`; nothing for what the data does not tell."""
    return "" if number is None else f"{number:,}"


def duration(milliseconds: float) -> str:
    """`420 ms`, `1.92 s`, `94 s`: three digits at most."""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    decimals = 2 if seconds < 9.995 else 1 if seconds < 99.95 else 0
    return f"{seconds:,.{decimals}f} s"


def money(amount: Decimal) -> str:
    """`$1,234.57`; below a dollar three digits that count: `$0.0123`."""
    if amount == 0:
        return "$0"
    if abs(amount) >= 1:
        return f"${amount:,.2f}"
    decimals = min(2 - amount.adjusted(), 10)
    return f"${amount:.{decimals}f}"


def percent(share: float) -> str:
    """`42 %`, `1.3 %`, `under 0.1 %`, of a share from 0 to 1."""
    value = share * 100
    if 0 < value < 0.1:
        return "under 0.1 %"
    return f"{value:.0f} %" if value >= 9.95 or value == 0 else f"{value:.1f} %"


def times(ratio: float) -> str:
    """`3.1 times`."""
    return f"{ratio:,.1f} times" if ratio < 100 else f"{ratio:,.0f} times"
