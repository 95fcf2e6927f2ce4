"""What callers may do with runs. REST, the socket and the command line all come through here."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Now
from django.utils import timezone
from pydantic_core import from_json

from accounts.exceptions import NetraError
from accounts.models import User
from accounts.statements import Select, given
from agents.dispatch import dispatch, dispatch_next
from agents.engine.endings import Cancellation, calls_left_open, cancelled
from agents.exceptions import IdempotencyConflict, RunNotFound, ThreadBusy, TooManyRuns
from agents.models import Agent, Role, Run, Thread, ToolCall
from agents.publishing import control
from agents.publishing.ending import end
from agents.publishing.store import MESSAGES
from agents.publishing.units import HeldRun, Unit
from agents.services.agents import default_agent, find_agent
from agents.services.attached_logs import set_aside
from agents.services.insisting import insist
from agents.services.parameters import check_parameters
from agents.services.quotas import make_room
from agents.services.requests import OnBusy, RunRequest, check_model, timeout_for
from agents.services.threads import open_turn
from agents.states import RunState

logger = logging.getLogger(__name__)

IDEMPOTENCY_WINDOW = timedelta(hours=24)
FORCED_ENDS = 10  # tries; one fails if the run is written between our look at it and our end
LIVE_IN_THREAD = Select(
    Run.objects.live()
    .filter(**given(Run, "thread"), parent=None)
    .order_by("turn")
    .values_list("pk")
)


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was accepted. `position` counts the runs that come before it in its thread."""

    run: Run
    thread: Thread
    position: int
    is_repeated: bool = False  # the same idempotency key had started it before


def start_run(*, user: User, request: RunRequest, run_id: UUID | None = None) -> Started:
    """
    Accept a run: it is stored, and handed to a worker when the transaction has committed.

    Raises AgentNotFound, InvalidInput, ModelNotAllowed, ThreadBusy, TooManyRuns or
    IdempotencyConflict; then nothing is stored. `run_id` lets a caller know the id before the
    first event can arrive.
    """
    if request.idempotency_key and (known := _repeated(user, request)):
        return known
    try:
        started = _start(user, request, run_id or uuid.uuid4())
    except (IntegrityError, ThreadBusy, TooManyRuns) as error:
        # Of several sends of one key at once, one made the run; the others are repetitions of it.
        if request.idempotency_key and (known := _repeated(user, request)):
            return known
        if isinstance(error, NetraError):
            raise
        # Or its agent has just been deleted, which the second look finds.
        started = _start(user, request, run_id or uuid.uuid4())
    if request.on_busy == OnBusy.INTERRUPT:  # what was waiting has ended by now
        return replace(started, position=started.run.position())
    return started


def _start(user: User, request: RunRequest, run_id: UUID) -> Started:
    agent = _agent_for(user, request)
    version = agent.current
    assert version is not None  # install and configuration always set one
    check_model(user, version, request.parameters)
    parameters = request.parameters.model_dump(mode="json", exclude_none=True)
    check_parameters(version.parameters_schema, parameters)
    run = Run(
        id=run_id,
        user=user,
        agent=agent,
        version=version,
        input=request.text,
        parameters=parameters,
        context=set_aside(user, request.context),
        idempotency_key=request.idempotency_key or "",
        request_digest=request.digest() if request.idempotency_key else "",
        timeout=timeout_for(version, request.parameters),
    )
    # Only now, for on SQLite nobody else writes until it ends.
    with transaction.atomic():
        return _accept(run, request)


def _accept(run: Run, request: RunRequest) -> Started:
    user = run.user
    thread = open_turn(user=user, key=request.thread, agent=run.agent, text=request.text)
    busy = [run_id for (run_id,) in LIVE_IN_THREAD.rows(thread=thread.pk)]
    if busy and request.on_busy == OnBusy.REJECT:
        raise ThreadBusy(
            f"The thread {thread.key!r} has a live run. Wait for its end, or send "
            "on_busy: enqueue or interrupt."
        )
    if not busy or request.on_busy == OnBusy.ENQUEUE:  # an interruption takes the place of others
        make_room(user, is_queued=bool(busy))
    run.thread, run.turn = thread, thread.last_turn
    run.save(force_insert=True)
    MESSAGES.run([(thread.pk, run.pk, Role.USER, request.text, timezone.now())])
    if request.on_busy == OnBusy.INTERRUPT:
        stop = Cancellation(by=user.username, reason="interrupted by a new message")
        # In the order in which the workers' writers lock rows.
        for earlier in sorted(busy):
            _ask_to_stop(earlier, stop)
            transaction.on_commit(partial(_stop_safely, earlier, stop))
    # A run that is live now may have ended before this commit: then nobody else starts the next.
    next_up = partial(dispatch_next, thread.pk) if busy else partial(dispatch, run.pk)
    transaction.on_commit(next_up)
    return Started(run, thread, position=len(busy))


def _agent_for(user: User, request: RunRequest) -> Agent:
    """The agent that is named, else the thread's, else the default one."""
    if request.agent is not None:
        return find_agent(user=user, name=request.agent)
    if request.thread is not None:
        thread = Thread.objects.visible_to(user).filter(key=request.thread).first()
        if thread is not None and thread.agent is not None:
            return find_agent(user=user, name=thread.agent.name)
    return default_agent(user=user)


def _repeated(user: User, request: RunRequest) -> Started | None:
    """The run that this idempotency key started within the last 24 h, if there is one."""
    assert request.idempotency_key
    same_key = Run.objects.filter(user=user, idempotency_key=request.idempotency_key)
    same_key.filter(created_at__lt=Now() - Value(IDEMPOTENCY_WINDOW)).update(idempotency_key="")
    run = same_key.select_related("thread").first()
    if run is None:
        return None
    if run.request_digest != request.digest():
        raise IdempotencyConflict(
            "This idempotency key was used for another request. Use a new key for a new request."
        )
    return Started(run, run.thread, position=run.position(), is_repeated=True)


def find_run(*, user: User, run_id: UUID) -> Run:
    """A run of the user's; raises RunNotFound."""
    own = Run.objects.visible_to(user).with_waiting_calls().select_related("thread", "agent")
    run = own.filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(f"You have no run {run_id}.")
    return run


def cancel_run(*, user: User, run_id: UUID, reason: str = "") -> Run:
    """Ask a run to stop; asking again, or too late, changes nothing. Raises RunNotFound."""
    run = find_run(user=user, run_id=run_id)
    if not run.is_terminal:
        request_cancellation(run.pk, Cancellation(user.username, reason[:200]))
    return find_run(user=user, run_id=run_id)


def request_cancellation(run_id: UUID, cancellation: Cancellation) -> None:
    """End a run that nobody holds; ask the worker of one that is held. The first request counts."""
    _ask_to_stop(run_id, cancellation)
    _stop(run_id, cancellation)


def _ask_to_stop(run_id: UUID, cancellation: Cancellation) -> None:
    Run.objects.live().filter(pk=run_id, cancel_requested_at=None).update(
        cancel_requested_at=Now(),
        cancel_requested_by=cancellation.by,
        cancel_reason=cancellation.reason,
    )


def _stop_safely(run_id: UUID, cancellation: Cancellation) -> None:
    """After the commit: who asked has been heard, and workers find the request in the row."""
    try:
        _stop(run_id, cancellation)
    except Exception:
        logger.exception("Cancel left to the workers", extra={"run_id": str(run_id)})


def _stop(run_id: UUID, cancellation: Cancellation) -> None:
    def unit(run: HeldRun) -> Unit:
        return cancelled(run, cancellation, calls_left_open(run))

    if end(run_id, unit):
        return
    run = Run.objects.filter(pk=run_id).exclude(state=RunState.PENDING).first()
    if run is not None and run.owner:
        control.ask(run.owner, "cancel", run_id)
        insist(partial(_end_by_force, run_id, unit))


def _end_by_force(run_id: UUID, unit: Callable[[HeldRun], Unit]) -> None:
    """The worker has not answered: it is frozen, or gone. If it wakes up, its fence is spent."""
    live = Run.objects.live().filter(pk=run_id)
    for _ in range(FORCED_ENDS):
        if end(run_id, unit, even_if_held=True) or not live.exists():
            break


def summary_of(run: Run) -> dict[str, Any]:
    """The run as clients see it, in JSON: in `agent_status`, `run_snapshot` and REST."""
    return {
        "run_id": str(run.pk),
        "thread_id": run.thread.key,
        "parent_run_id": str(run.parent_id) if run.parent_id else None,
        "agent": run.agent.name,
        "status": run.state,
        "last_seq": run.last_seq,
        "input": run.input,
        "result": run.result or None,
        "error": {"code": run.error_code, "message": run.error_message} if run.error_code else None,
        "usage": {
            "input_tokens": run.input_tokens,
            "output_tokens": run.output_tokens,
            "cost_usd": None if run.cost_usd is None else f"{run.cost_usd.normalize():f}",
        },
        "approvals": [_question(call) for call in run.waiting_calls],
        "created_at": run.created_at.timestamp(),
        "started_at": run.started_at.timestamp() if run.started_at else None,
        "finished_at": run.finished_at.timestamp() if run.finished_at else None,
    }


def _question(call: ToolCall) -> dict[str, Any]:
    """A call that somebody has to decide on."""
    assert call.approval_expires_at is not None
    return {
        "call_id": call.call_id,
        "tool_name": call.tool,
        "parameters": from_json(call.arguments),
        "expires_at": call.approval_expires_at.timestamp(),
        **({"reason": call.approval_reason} if call.approval_reason else {}),
    }
