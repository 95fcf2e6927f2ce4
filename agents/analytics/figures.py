"""Figures of results: exact in Python, rounded to what is of use when they are serialised."""

from typing import Annotated

from pydantic import PlainSerializer

FIGURE_DECIMALS = 3  # microseconds of a latency, thousandths of a token
RATIO_DECIMALS = 6  # shares from 0 to 1: one request of a million

Figure = Annotated[float, PlainSerializer(lambda value: round(value, FIGURE_DECIMALS))]
Ratio = Annotated[float, PlainSerializer(lambda value: round(value, RATIO_DECIMALS))]
