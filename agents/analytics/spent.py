"""What the requests of each group cost, where only the sum is of interest."""

from collections import defaultdict
from decimal import Decimal

from agents.analytics.cost import Basis, cells_of
from agents.analytics.table import Table

__all__ = ("Basis", "spent")


def spent(table: Table, basis: Basis, key: str) -> dict[str, Decimal]:
    """US dollars by the values of the SQL expression `key`, a text; rows where it is NULL not."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for cell in cells_of(table, basis, key):
        if cell.key is not None:
            found[cell.key] += cell.cost_usd
    return dict(found)
