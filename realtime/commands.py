"""What each message of a client does, and what it is answered with."""

from typing import Any, Protocol, assert_never
from uuid import uuid4

from accounts.models import User
from agents.events import now
from agents.models import Run
from agents.services.approvals import resolve_approval
from agents.services.availability import status_of_agent
from agents.services.runs import cancel_run, find_run, start_run, summary_of
from realtime.database import in_database
from realtime.protocol import (
    AgentExecute,
    Authenticate,
    CancelRun,
    Chat,
    ExecuteAgent,
    GetAgentStatus,
    Heartbeat,
    InvalidMessage,
    Message,
    Ping,
    ResolveApproval,
    Resume,
    StartAgent,
    StartMessage,
    server_frame,
)
from realtime.replay import Coverage, Replay


class Socket(Protocol):
    """What carrying out a message needs of the socket it came in on."""

    @property
    def user(self) -> User: ...

    @property
    def runs(self) -> Replay: ...

    @property
    def coverage(self) -> Coverage: ...

    async def send_text(self, text: str) -> None: ...

    async def renew(self, token: str) -> dict[str, Any]: ...

    async def hand_over(self, message: dict[str, Any]) -> None: ...


async def carry_out(message: Message, socket: Socket, answer_id: str | None) -> None:
    """Do what `message` says and answer it; raises NetraError if it cannot be done."""

    async def answer(kind: str, data: dict[str, Any]) -> None:
        await socket.send_text(server_frame(kind, data, answer_id))

    match message:
        case ExecuteAgent() | StartAgent() | Chat() | AgentExecute():
            await _start(message, socket, answer_id)
        case CancelRun() | ResolveApproval():
            await answer("agent_status", summary_of(await _change(message, socket.user)))
        case Resume():
            positions = message.positions()
            thread = message.thread_id if not positions else None
            resume = {"positions": positions, "thread": thread, "id": answer_id}
            await socket.hand_over({"type": "netra.resume", **resume})
        case GetAgentStatus():
            await answer("agent_status", await _status(message, socket.user))
        case Authenticate():
            await answer("authenticated", await socket.renew(message.token))
        case Ping() | Heartbeat():
            kind = "pong" if isinstance(message, Ping) else "heartbeat_ack"
            await answer(kind, {"timestamp": now()})
        case _:
            assert_never(message)


DEPRECATED = {
    "code": "deprecated_type",
    "message": "`agent_execute` is deprecated. Send `execute_agent` with `agent` and `input`.",
    "type": "agent_execute",
}


async def _start(message: StartMessage, socket: Socket, answer_id: str | None) -> None:
    """Start a run; its acceptance is sent before its first event."""
    if isinstance(message, AgentExecute):
        await socket.send_text(server_frame("warning", DEPRECATED, answer_id))
    request = message.request()
    if request.thread is None and socket.coverage.thread is not None:
        request = request.model_copy(update={"thread": socket.coverage.thread})
    run_id = uuid4()
    socket.runs.hold(run_id)
    try:
        started = await in_database(start_run, user=socket.user, request=request, run_id=run_id)
    except BaseException:
        socket.runs.drop(run_id)
        raise
    position = {"position": started.position} if started.position else {}
    accepted = {
        "run_id": str(started.run.pk),
        "thread_id": started.thread.key,
        "status": started.run.state,
        **position,
    }
    acceptance = server_frame("run_accepted", accepted, answer_id)
    if started.is_repeated:
        socket.runs.drop(run_id)
        # The pump may be sending this run's events: only it can put the acceptance before them.
        rejoin = {"run": started.run.pk, "acceptance": acceptance}
        await socket.hand_over({"type": "netra.rejoined", **rejoin})
    else:
        await socket.send_text(acceptance)
        await socket.hand_over({"type": "netra.joined", "run": run_id})


async def _change(message: CancelRun | ResolveApproval, user: User) -> Run:
    """The run, after what was asked of it was done."""
    asked = message.model_dump(exclude={"type"})
    if isinstance(message, CancelRun):
        return await in_database(cancel_run, user=user, **asked)
    return await in_database(resolve_approval, user=user, **asked)


async def _status(message: GetAgentStatus, user: User) -> dict[str, Any]:
    if message.run_id is not None:
        return summary_of(await in_database(find_run, user=user, run_id=message.run_id))
    if message.agent is None:
        raise InvalidMessage("Say which: `run_id` or `agent`.")
    return await in_database(status_of_agent, user=user, name=message.agent)
