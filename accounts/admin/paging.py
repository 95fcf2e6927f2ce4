"""Lists whose price does not grow with their tables."""

from functools import cached_property

from django.db.models import QuerySet

from accounts.admin.typed import Pages

ROWS_LISTED = 10_000  # nobody turns more pages; older rows are found by searching


class BoundedPaginator(Pages):
    """Counts no further than it lists."""

    @cached_property
    def count(self) -> int:
        return min(self._counted, ROWS_LISTED)

    @property
    def is_cut(self) -> bool:
        return self._counted > ROWS_LISTED

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by()[: ROWS_LISTED + 1].count()
