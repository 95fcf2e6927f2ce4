"""Celery's door into the engine and the services. No decisions here."""

import functools
import gc
import signal
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down
from django.utils import timezone

from agents.dispatch import FOLD_TASK, TASK
from agents.engine.process import Engine
from agents.services import attached_logs, datasets, folding, retention

GRACE_SECONDS = 5  # what is not finished by then goes on in another worker
AT_ONCE = (signal.SIGINT, signal.SIGQUIT)


@functools.cache
def engine() -> Engine:
    """This process' engine; started by `worker_init`, before the first task."""
    started = Engine()
    started.start()
    return started


@shared_task(name=TASK)
def execute_run(run_id: str) -> None:
    engine().execute(UUID(run_id))


@shared_task(name="agents.remove_leftovers")
def remove_leftovers() -> None:
    now = timezone.now()
    datasets.remove_leftovers(now)
    folding.remove_old(now)


@shared_task(name=FOLD_TASK)
def fold_traces(dataset_id: str | None = None) -> None:
    """Of one data set, or of all in which rows have waited long enough."""
    if dataset_id is not None:
        folding.fold(UUID(dataset_id))
    else:
        folding.fold_due()


@shared_task(name="agents.prune")
def prune() -> None:
    retention.prune_old()
    attached_logs.remove_old(timezone.now())


@worker_init.connect
def start_engine(**_: Any) -> None:
    gc.freeze()  # what is imported stays; to go through it again and again slows a cold start
    engine()


@worker_ready.connect
def end_in_one_way(**_: Any) -> None:
    """Celery's own ways to end at once need a pool whose tasks can be killed; threads cannot."""
    for number in AT_ONCE:
        signal.signal(number, signal.getsignal(signal.SIGTERM))


@worker_shutting_down.connect
def hand_on_after_grace(**_: Any) -> None:
    engine().hand_on_within(GRACE_SECONDS)


@worker_shutdown.connect
def stop_engine(**_: Any) -> None:
    engine().stop()
    # Python takes its own handlers away before it ends; one more signal would then kill us.
    for number in (signal.SIGTERM, *AT_ONCE):
        signal.signal(number, signal.SIG_IGN)
