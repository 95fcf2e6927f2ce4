"""What an API key may do. A log-in may do everything that its user may."""

from django.db.models import TextChoices


class Scope(TextChoices):
    READ = "read", "Read: find agents, read runs, threads and data sets, receive events"
    RUN = "run", "Run: ask agents, stop runs, keep threads"
    DATA = "data", "Data: upload and delete data sets"
    STAFF = "staff", "Staff: configure agents, see the parts of the server (staff only)"


EVERY_SCOPE = frozenset(Scope)
