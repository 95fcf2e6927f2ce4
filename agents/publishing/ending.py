"""Ends a run that no worker will end, by taking its fence."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from agents.dispatch import dispatch_next
from agents.models import Run
from agents.publishing import leases
from agents.publishing.push import event_push, push_soon
from agents.publishing.store import commit
from agents.publishing.units import HeldRun, Unit


def end(run_id: UUID, build: Callable[[HeldRun], Unit], *, even_if_held: bool = False) -> bool:
    """
    Write the terminal unit that `build` makes, if the run is live and nobody holds it.

    With `even_if_held` a worker that holds it loses it. False if the run moved meanwhile, is held
    or has ended; then nothing is written.
    """
    with transaction.atomic():
        if not Run.objects.live().filter(pk=run_id).exists():
            return False
        run = leases.seen(run_id)
        if not leases.take(run, even_if_held=even_if_held):
            return False
        unit = build(run)
        done = commit([unit])
    push_soon([event_push(event) for events in done.events.values() for event in events])
    dispatch_next(run.thread_id)
    return True
