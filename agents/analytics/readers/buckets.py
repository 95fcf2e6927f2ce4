"""How long the time is that each row of a log of sums sums up."""

from duckdb import DuckDBPyConnection

from agents.analytics.duck import select
from agents.analytics.readers.ask import ask
from agents.analytics.readers.fields import Reading
from agents.analytics.readers.values import elapsed, moment

USUAL_SECONDS = (86_400, 3600, 1800, 900, 600, 300, 60)
WEEK_SECONDS = 604_800
FEWEST_GAPS = 2  # between weeks: that two days of a log lie a week apart may be chance


def bucket(connection: DuckDBPyConnection, reading: Reading) -> int | None:
    """
    The seconds from the start of a sum to its end, where the log has both; else the longest usual
    time of which all its times are multiples. None where the rows do not agree.
    """
    start, end = (reading.fields.get(name) for name in ("timestamp", "ended_at"))
    if start is None:
        return None
    if end is not None:
        took = f"round({elapsed(end, start, reading.dates)} / 1000)"
        seen = ask(connection, reading.cells, {"least": f"min({took})", "most": f"max({took})"})
        if seen["least"] and seen["least"] == seen["most"]:
            return int(seen["least"])
    return _from_starts(connection, moment(start, reading.dates), reading.cells)


def _from_starts(connection: DuckDBPyConnection, began: str, cells: str) -> int | None:
    moments = select([f"DISTINCT epoch_us({began}) AS moment"], cells)
    gaps = select(["moment", "moment - lag(moment) OVER (ORDER BY moment) AS gap"], f"({moments})")
    usual = [f"bool_and(moment % {seconds * 1_000_000} = 0)" for seconds in USUAL_SECONDS]
    week = f"bool_and(gap % {WEEK_SECONDS * 1_000_000} = 0)"
    query = select(
        ["count(gap)", "min(gap) / 1000000", week, *usual], f"({gaps})", "WHERE moment IS NOT NULL"
    )
    found, shortest, are_weeks, *fits = connection.execute(query).fetchone() or (0, 0, None)
    if not found:
        return None
    if shortest > WEEK_SECONDS:
        return None  # months are of different lengths
    if are_weeks and found >= FEWEST_GAPS:
        return WEEK_SECONDS
    fitting = (seconds for seconds, fit in zip(USUAL_SECONDS, fits, strict=True) if fit)
    return next(fitting, None)
