"""
Charts as typed series; who shows a result draws them, nothing is drawn here.

A chart holds what it shows and no more: bounded series, in the order in which they are drawn.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from agents.analytics.figures import Figure

MOST_POINTS = 500  # of a series; a screen has no more columns
MOST_SERIES = 12  # more cannot be told apart by colour
MOST_BARS = 40

Coordinate: TypeAlias = Annotated[str | Figure, Field(union_mode="left_to_right")]
"""A time as ISO 8601 in UTC, a category, or a number."""


class Axis(BaseModel):
    """`unit` as people write it, "ms" or "US dollars"; None for times, categories and counts."""

    label: str
    kind: Literal["time", "number", "category"] = "number"
    unit: str | None = None


class Series(BaseModel):
    """`y` has a value, or None for a gap, for each of the chart's `x`."""

    name: str
    y: list[Figure | None] = Field(max_length=MOST_POINTS)
    # A range around each value, such as a prediction interval.
    low: list[Figure | None] | None = None
    high: list[Figure | None] | None = None


class LineChart(BaseModel):
    """Values that follow each other, usually over time."""

    type: Literal["line"] = "line"
    title: str
    x_axis: Axis
    y_axis: Axis
    x: list[Coordinate] = Field(max_length=MOST_POINTS)
    series: list[Series] = Field(max_length=MOST_SERIES)


class BarChart(BaseModel):
    """A value for each category, for one series or for several side by side."""

    type: Literal["bar"] = "bar"
    title: str
    x_axis: Axis
    y_axis: Axis
    x: list[str] = Field(max_length=MOST_BARS)
    series: list[Series] = Field(max_length=MOST_SERIES)


class Histogram(BaseModel):
    """How many values lie between `edges[i]` and `edges[i + 1]`; one edge more than counts."""

    type: Literal["histogram"] = "histogram"
    title: str
    x_axis: Axis
    y_axis: Axis = Axis(label="requests")
    edges: list[Figure] = Field(max_length=MOST_POINTS)
    counts: list[int] = Field(max_length=MOST_POINTS)


class HeatMap(BaseModel):
    """`values[row][column]` for `y[row]` and `x[column]`; None where there is nothing."""

    type: Literal["heat_map"] = "heat_map"
    title: str
    x_axis: Axis
    y_axis: Axis
    value_axis: Axis
    x: list[str] = Field(max_length=MOST_BARS)
    y: list[str] = Field(max_length=MOST_BARS)
    values: list[list[Figure | None]]


Chart: TypeAlias = Annotated[
    LineChart | BarChart | Histogram | HeatMap, Field(discriminator="type")
]
