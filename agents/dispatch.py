"""Hands work to the workers, by the name of the task, from threads of its own."""

import functools
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from accounts.database import DATABASE_AWAY, on_thread
from accounts.statements import Select, given
from agents.models import Run

logger = logging.getLogger(__name__)

TASK = "agents.execute_run"
FOLD_TASK = "agents.fold_traces"
NEXT = Select(
    Run.objects.startable().filter(**given(Run, "thread")).order_by("turn").values_list("pk")[:1]
)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    # Sending blocks for 1 ms with a healthy broker and for seconds with a frozen one.
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="netra-dispatch")


def dispatch(run_id: UUID) -> None:
    """Return at once; a send that fails is repeated by the workers' maintenance after 10 s."""
    _threads().submit(_send, run_id).add_done_callback(_log_failure)


def dispatch_fold(dataset_id: UUID) -> None:
    """Have the staged rows of a data set folded. Returns at once; a lost send is made up for."""
    sent = _threads().submit(_send_task, FOLD_TASK, dataset_id, about="dataset_id")
    sent.add_done_callback(_log_failure)


def dispatch_next(thread_id: int) -> None:
    """
    Dispatch the run whose turn it is in a thread, if there is one. For a thread that may block.

    What is not found because the database is away, the workers' maintenance finds.
    """
    try:
        following = on_thread(NEXT.first, thread=thread_id)
    except DATABASE_AWAY as error:
        logger.warning("Dispatch failed", extra={"thread_id": thread_id, "reason": str(error)})
        return
    if following is not None:
        dispatch(following[0])


def _send(run_id: UUID) -> None:
    _send_task(TASK, run_id, about="run_id")


def _send_task(task: str, key: UUID, *, about: str) -> None:
    try:
        current_app.send_task(task, args=[str(key)], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("Dispatch failed", extra={about: str(key), "reason": str(error)})


def _log_failure(done: Future[None]) -> None:
    if error := done.exception():
        logger.error("Dispatch failed", exc_info=error)
