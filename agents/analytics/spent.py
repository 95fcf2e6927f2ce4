"""What the requests of each group cost, where only the sum is of interest."""

from decimal import Decimal

from agents.analytics.priced import Basis, priced
from agents.analytics.table import Table


def spent(table: Table, basis: Basis, key: str) -> dict[str, Decimal]:
    """US dollars by the values of the SQL expression `key`, a text; rows where it is NULL not."""
    expressions = (f"{key} AS key", "sum(paid_usd) AS paid")
    rows = table.rows(expressions, "GROUP BY 1", source=priced(table, basis))
    return {
        row["key"]: Decimal(row["paid"])
        for row in rows
        if row["key"] is not None and row["paid"] is not None
    }
