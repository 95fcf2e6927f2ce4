"""How many live and waiting runs one user may have."""

from django.conf import settings
from django.db.models import Count

from accounts.models import User
from accounts.statements import Select, given
from agents.exceptions import TooManyRuns
from agents.models import Run
from agents.services.holding import hold_user

LIVE = Select(
    Run.objects.live()
    .filter(**given(Run, "user"), parent=None, finished_at=None)
    .order_by()
    .values("user")
    .annotate(runs=Count("pk"), threads=Count("thread", distinct=True))
    .values_list("runs", "threads")
)


def make_room(user: User, *, is_queued: bool) -> None:
    """
    Raise TooManyRuns unless the user may have another run: one that waits in its thread, or one in
    a thread where none is live. What was counted stays true until the transaction ends.
    """
    hold_user(user)
    runs, threads = LIVE.first(user=user.pk) or (0, 0)
    if is_queued and runs - threads >= settings.QUEUED_RUNS_PER_USER:
        raise TooManyRuns(
            f"You have {settings.QUEUED_RUNS_PER_USER} runs waiting. Cancel some, or wait."
        )
    if not is_queued and threads >= settings.LIVE_RUNS_PER_USER:
        raise TooManyRuns(
            f"You have live runs in {settings.LIVE_RUNS_PER_USER} threads. Cancel some, or wait."
        )
