"""Which names occur in a data set: for conditions that must name one, and to say what there is."""

from collections.abc import Sequence

from agents.analytics.duck import literal
from agents.analytics.filters import NAMES, SOURCE, Column, Condition, texts
from agents.analytics.schema import BY_NAME
from agents.analytics.table import WHOLE, Table
from agents.exceptions import InvalidInput

SHOWN = 10  # names in an error
LONGEST_SHOWN = 80  # characters of a name in an error


def occurring(table: Table, column: Column, most: int) -> list[str]:
    """The values of a column of names in the whole data set, the most frequent first."""
    name = SOURCE[column]
    order = "sum(requests) DESC, count(*) DESC, 1"
    tail = f"WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY {order} LIMIT {most}"
    return [row["value"] for row in table.rows([f"{name} AS value"], tail, source=WHOLE)]


def check_names(table: Table, conditions: Sequence[Condition]) -> None:
    """Raises InvalidInput for a name that no row has, with names that some have."""
    for condition in conditions:
        if condition.column in NAMES:
            _check(table, condition)


def _check(table: Table, condition: Condition) -> None:
    name, wanted = SOURCE[condition.column], texts(condition)
    among = ", ".join(map(literal, wanted))
    tail = f"WHERE {name} IN ({among})"
    found = {row["value"] for row in table.rows([f"DISTINCT {name} AS value"], tail, source=WHOLE)}
    unknown = [text for text in wanted if text not in found]
    if not unknown:
        return
    known = occurring(table, condition.column, SHOWN + 1)
    shown = ", ".join(repr(text[:LONGEST_SHOWN]) for text in known[:SHOWN])
    more = " and others" if len(known) > SHOWN else ""
    raise InvalidInput(
        f"No request in this data set has the {BY_NAME[name].label} "
        f"{unknown[0][:LONGEST_SHOWN]!r}. There are {shown}{more}."
    )
