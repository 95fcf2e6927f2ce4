"""Conditions on rows, so that figures are those of one model, of failed requests, of slow ones."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, get_args

from pydantic import BaseModel, Field

from agents.analytics.duck import literal
from agents.analytics.groups import Name
from agents.analytics.schema import BY_NAME
from agents.analytics.wording import listing
from agents.exceptions import InvalidInput

Column = Literal[
    Name,
    "error",
    "outcome",
    "latency_ms",
    "ttft_ms",
    "input_tokens",
    "output_tokens",
    "cost_usd",
]
Operator = Literal["is", "is not", "above", "below"]

SOURCE: dict[Column, str] = {
    "model": "model",
    "feature": "feature",
    "user": "user_id",
    "provider": "provider",
    "project": "project",
    "session": "session_id",
    "tier": "tier",
    "error": "error",
    "outcome": "is_error",
    "latency_ms": "latency_ms",
    "ttft_ms": "ttft_ms",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cost_usd": "cost_usd",
}
"""The normalised column that must have values."""

NAMES: frozenset[Column] = frozenset({*get_args(Name), "error"})
"""Columns whose values are names from the data."""

OUTCOMES = ("failed", "succeeded")
_OUTCOME = "CASE WHEN is_error THEN 'failed' WHEN NOT is_error THEN 'succeeded' END"
_UNIT: dict[Column, str] = {"latency_ms": " ms", "ttft_ms": " ms", "cost_usd": " USD"}
_LARGEST_DECIMAL, _SMALLEST_DECIMAL = 1e15, 1e-12  # what DuckDB's DECIMAL holds with ease

LONGEST_SHOWN = 80  # characters of a value in a description


class Condition(BaseModel):
    """Such as {"column": "model", "values": ["gpt-4o"]}. No value satisfies only "is not"."""

    column: Column = Field(description='"outcome" is "failed" or "succeeded".')
    operator: Operator = Field("is", description='"above" and "below" take one number.')
    values: list[str | float] = Field(description='"is": any of these, as written in the data.')


def sql(condition: Condition) -> str:
    """The condition as SQL; raises InvalidInput, saying what is possible, for one without sense."""
    column, operator = condition.column, condition.operator
    expression = _OUTCOME if column == "outcome" else SOURCE[column]
    match operator:
        case "is" | "is not":
            values = f"({', '.join(_values(condition))})"
            if operator == "is":
                return f"({expression}) IN {values}"
            return f"coalesce(({expression}) NOT IN {values}, true)"
        case "above" | "below":
            if column in NAMES or column == "outcome":
                raise InvalidInput(f'{column} is no number: use "is" or "is not", not {operator}.')
            if len(condition.values) != 1:
                raise InvalidInput(f'"{operator}" takes exactly one number.')
            sign = ">" if operator == "above" else "<"
            return f"{expression} {sign} {_values(condition)[0]}"


def texts(condition: Condition) -> list[str]:
    """The values of a condition on names."""
    return [value if isinstance(value, str) else _written(value) for value in condition.values]


def describe(conditions: Sequence[Condition]) -> str:
    """`model gpt-4o and latency above 10000 ms`: what all the rows are, without any markup."""
    return " and ".join(map(_described, conditions))


def _values(condition: Condition) -> list[str]:
    """The values as SQL."""
    column = condition.column
    if not condition.values:
        raise InvalidInput(f"The condition on {column} has no values.")
    if column in NAMES:
        return [literal(text) for text in texts(condition)]
    if column == "outcome":
        if not set(condition.values) <= set(OUTCOMES):
            raise InvalidInput('outcome can only be "failed" or "succeeded".')
        return [literal(text) for text in texts(condition)]
    return [_number_sql(_number(value, column)) for value in condition.values]


def _number(value: str | float, column: Column) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"{column} is compared with numbers, not with {str(value)[:80]!r}.")
    return number


def _number_sql(number: float) -> str:
    """Decimal where possible, so that amounts of money are compared exactly."""
    if number == 0 or _SMALLEST_DECIMAL <= abs(number) < _LARGEST_DECIMAL:
        return _written(number)
    return repr(number)


def _written(number: float) -> str:
    """`10000`, `0.05`: without an exponent and without `.0`."""
    return f"{Decimal(repr(number)):f}".removesuffix(".0")


def _described(condition: Condition) -> str:
    column, operator = condition.column, condition.operator
    if column == "outcome":
        return _outcome(condition)
    label = BY_NAME[SOURCE[column]].label
    if column in NAMES:
        shown = [_shortened(text) for text in texts(condition)]
    else:
        numbers = [Decimal(_written(_number(value, column))) for value in condition.values]
        shown = [f"{number:,f}{_UNIT.get(column, '')}" for number in numbers]
    match operator:
        case "is":
            return f"{label} {listing(shown, 'or')}"
        case "is not":
            return f"{label} other than {listing(shown, 'and')}"
        case "above" | "below":
            return f"{label} {operator} {shown[0]}"


def _outcome(condition: Condition) -> str:
    negated = condition.operator == "is not"
    if len(set(condition.values)) > 1:
        return f"requests {'without' if negated else 'with'} a known outcome"
    if condition.values[0] == "failed":
        return "requests not known to have failed" if negated else "failed requests"
    return "requests not known to have succeeded" if negated else "successful requests"


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_SHOWN else plain[: LONGEST_SHOWN - 1] + "…"
