"""`/api/runs/…`: the caller's runs, their events, stopping one, and deciding on its calls."""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from pydantic_core import from_json
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.errors import fails_with
from accounts.api.query import query
from accounts.models import User
from agents import events
from agents.api.event_shapes import EventsSerializer
from agents.api.serializers import (
    CancelSerializer,
    DecisionSerializer,
    PositionSerializer,
    RunFilterSerializer,
    RunSerializer,
    ToolCallSerializer,
)
from agents.exceptions import (
    ApprovalConflict,
    ApprovalNotAsked,
    CallNotFound,
    NotFound,
    Pruned,
    RunEnded,
    RunNotFound,
)
from agents.models import Run, ToolCall
from agents.services.approvals import resolve_approval
from agents.services.positions import events_after
from agents.services.retention import pruned
from agents.services.runs import cancel_run, find_run

EVENTS_PER_PAGE = 500


@extend_schema(parameters=[RunFilterSerializer])
class RunsView(ListAPIView[Run]):
    """The caller's runs, newest first."""

    serializer_class = RunSerializer

    def get_queryset(self) -> QuerySet[Run]:
        runs = Run.objects.visible_to(cast(User, self.request.user))
        wanted = query(RunFilterSerializer, self.request)
        if thread := wanted.get("thread_id"):
            runs = runs.filter(thread__key=thread)
        if state := wanted.get("status"):
            runs = runs.filter(state=state)
        # A context may have 5 MiB, and no answer shows it.
        lean = runs.select_related("thread", "agent").defer("context", "parameters")
        return lean.with_waiting_calls()


@fails_with(RunNotFound)
class RunView(APIView):
    @extend_schema(responses=RunSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run, with its whole result."""
        return Response(RunSerializer(find_run(user=cast(User, request.user), run_id=run_id)).data)


@fails_with(RunNotFound)
class RunCancelView(APIView):
    @extend_schema(request=CancelSerializer, responses={200: RunSerializer})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Ask the run to stop. Asking again, or after its end, changes nothing."""
        given = CancelSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        reason = given.validated_data.get("reason", "")
        run = cancel_run(user=cast(User, request.user), run_id=run_id, reason=reason)
        return Response(RunSerializer(run).data)


@fails_with(RunNotFound, CallNotFound, ApprovalConflict, ApprovalNotAsked, RunEnded)
class RunApprovalView(APIView):
    @extend_schema(request=DecisionSerializer, responses={200: RunSerializer})
    def post(self, request: Request, run_id: UUID, call_id: str) -> Response:
        """Decide on a call that waits for approval. The same decision again changes nothing."""
        given = DecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = cast(User, request.user)
        run = resolve_approval(user=user, run_id=run_id, call_id=call_id, **given.validated_data)
        return Response(RunSerializer(run).data)


@fails_with(RunNotFound, Pruned)
class RunEventsView(APIView):
    @extend_schema(parameters=[PositionSerializer], responses=EventsSerializer)
    def get(self, request: Request, run_id: UUID) -> HttpResponseBase:
        """The run's events as they were sent, in order."""
        after: int = query(PositionSerializer, request)["after"]
        run = find_run(user=cast(User, request.user), run_id=run_id)
        page = events_after(run.pk, after, EVENTS_PER_PAGE)
        if after < run.last_seq and (not page or page[0][0] != after + 1):
            raise pruned(run)
        last = page[-1][0] if page else after
        following = f"{request.path}?{urlencode({'after': last})}"
        return Response(
            {
                "count": max(run.last_seq - after, 0),
                "next": request.build_absolute_uri(following) if last < run.last_seq else None,
                "previous": None,
                "results": [events.body(frame) for _, _, frame in page],
            }
        )


@fails_with(RunNotFound, Pruned)
class RunCallView(APIView):
    @extend_schema(responses=ToolCallSerializer)
    def get(self, request: Request, run_id: UUID, call_id: str) -> Response:
        """One tool call, with its whole result: an event holds at most 256 KiB of it."""
        run = find_run(user=cast(User, request.user), run_id=run_id)
        call = ToolCall.objects.filter(run=run, call_id=call_id).first()
        if call is None and run.is_pruned:
            raise pruned(run)
        if call is None:
            raise NotFound(f"The run has no call {call_id!r}.")
        return Response(ToolCallSerializer(_call(call)).data)


def _call(call: ToolCall) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "tool_name": call.tool,
        "parameters": from_json(call.arguments),
        "status": call.status,
        "result": from_json(call.result) if call.result else None,
        "duration_ms": call.duration_ms,
        "decision": call.decision,
        "decided_by": call.decided_by or None,
        "decided_at": call.decided_at.timestamp() if call.decided_at else None,
    }
