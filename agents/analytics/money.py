"""Amounts of money: exact while they are summed, plain decimal strings on the wire."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, PlainSerializer

SMALLEST = Decimal("0.0000000001")  # as exact as the cost_usd column


def plain(amount: Decimal) -> str:
    """`12.5`, `0.0000015`, `40`: no exponent and no zeros at the end."""
    text = f"{amount.quantize(SMALLEST):f}"
    return text.rstrip("0").rstrip(".")


Usd = Annotated[Decimal, PlainSerializer(plain, return_type=str)]
"""US dollars; serialised as a decimal string."""


class UsdRange(BaseModel):
    """From the cautious to the favourable end of what was assumed; in US dollars."""

    low: Usd
    high: Usd
