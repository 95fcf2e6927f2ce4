"""Numbers with a comma or a point in them: what their digits say by themselves, as SQL."""

from agents.analytics.readers.fields import DecimalMark

_SPELLED = {DecimalMark.POINT: "\\.", DecimalMark.COMMA: ","}


def plain(text: str, mark: DecimalMark | None) -> str:
    """
    SQL for `text` with a point before the decimals and no marks between groups of digits.

    Most numbers show what their marks mean: of two different ones the last stands before the
    decimals, and a repeated one groups. `mark` decides those that do not, such as 1.234; None
    means that no cell holds anything but plain numbers.
    """
    if mark is None:
        return text
    points, commas = (
        _matches(text, _groups(group), *([_open(group)] if group is mark.other else []))
        for group in (DecimalMark.POINT, DecimalMark.COMMA)
    )
    return (
        f"CASE WHEN {points} THEN replace(replace({text}, '.', ''), ',', '.') "
        f"WHEN {commas} THEN replace({text}, ',', '') ELSE replace({text}, ',', '.') END"
    )


def is_open(text: str, mark: DecimalMark) -> str:
    """SQL: whether `mark` may stand before decimals or before a group, as in 1.234."""
    return _matches(text, _open(mark))


def is_open_and_no_whole(text: str, mark: DecimalMark) -> str:
    """SQL: as `is_open`, and as a decimal number it would not be a whole one."""
    return f"{is_open(text, mark)} AND NOT ends_with({text}, '000')"


def shows_decimals(text: str, mark: DecimalMark) -> str:
    """SQL: whether the digits leave no doubt that `mark` stands before decimals."""
    point = _SPELLED[mark]
    decimals = f"[+-]?\\d*{point}(\\d{{0,2}}|\\d{{4,}})"  # no group has other than three digits
    headed = f"[+-]?(0\\d*|\\d{{4,}}){point}\\d+"  # no group follows a zero or four digits
    power = f"[+-]?\\d*{point}\\d+[eE][+-]?\\d+"
    return _matches(text, decimals, headed, power, _groups(mark.other))


def _groups(mark: DecimalMark) -> str:
    """Digits that `mark` groups for certain: several groups, or decimals behind the other mark."""
    group, point = _SPELLED[mark], _SPELLED[mark.other]
    number = "[+-]?\\d{1,3}"
    return f"{number}({group}\\d{{3}}){{2,}}|{number}({group}\\d{{3}})+{point}\\d*"


def _open(mark: DecimalMark) -> str:
    return f"[+-]?[1-9]\\d{{0,2}}{_SPELLED[mark]}\\d{{3}}"


def _matches(text: str, *patterns: str) -> str:
    return f"regexp_full_match({text}, '{'|'.join(patterns)}')"
