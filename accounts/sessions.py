"""Whether log-ins and keys are still good; the servers ask this of all open sockets at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Now

from accounts.models import ApiKey, LogIn

FAMILIES_PER_QUERY = 10_000


@dataclass(frozen=True, slots=True)
class Review:
    """Which families have ended, and when that was read, by the database's clock."""

    ended: frozenset[str]
    read_at: datetime | None  # None: all of them have ended


def review(families: Collection[str]) -> Review:
    """Look at the log-ins and keys of these families; one that does not exist has ended."""
    asked = sorted(families)
    live: dict[str, datetime] = {}
    for start in range(0, len(asked), FAMILIES_PER_QUERY):
        chunk = asked[start : start + FAMILIES_PER_QUERY]
        for kind in (LogIn, ApiKey):
            found = kind.objects.live().filter(family__in=chunk)
            live.update(found.values_list("family", Now()))
    return Review(frozenset(asked) - live.keys(), min(live.values(), default=None))
