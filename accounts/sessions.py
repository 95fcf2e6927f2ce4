"""Whether log-ins are still good; the servers ask this of all connected users at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Now

from accounts.models import User

USERS_PER_QUERY = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database says of a user."""

    token_version: int
    is_active: bool
    read_at: datetime  # by the database's clock


def standings(user_ids: Collection[int]) -> dict[int, Standing]:
    """Of each user that exists."""
    ids = sorted(user_ids)
    found: dict[int, Standing] = {}
    for start in range(0, len(ids), USERS_PER_QUERY):
        rows = User.objects.filter(pk__in=ids[start : start + USERS_PER_QUERY])
        for row in rows.annotate(read_at=Now()).only("token_version", "is_active"):
            found[row.pk] = Standing(row.token_version, row.is_active, row.read_at)
    return found
