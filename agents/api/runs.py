"""`/api/runs/…`: the caller's runs, their events, and stopping one."""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic_core import from_json
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from agents import events
from agents.api.serializers import CancelSerializer, RunSerializer, ToolCallSerializer
from agents.api.starting import PROBLEMS
from agents.exceptions import InvalidInput, NotFound
from agents.models import Run, ToolCall
from agents.services.positions import events_after
from agents.services.runs import cancel_run, find_run
from agents.states import RunState

EVENTS_PER_PAGE = 500


@extend_schema(
    parameters=[
        OpenApiParameter("thread_id", str),
        OpenApiParameter("status", str, enum=RunState.values),
    ],
    responses={200: RunSerializer(many=True), **PROBLEMS},
)
class RunsView(ListAPIView[Run]):
    """The caller's runs, newest first."""

    serializer_class = RunSerializer

    def get_queryset(self) -> QuerySet[Run]:
        runs = Run.objects.visible_to(cast(User, self.request.user))
        wanted = self.request.query_params
        if thread := wanted.get("thread_id"):
            runs = runs.filter(thread__key=thread)
        if state := wanted.get("status"):
            runs = runs.filter(state=state)
        return runs.select_related("thread", "agent")


class RunView(APIView):
    @extend_schema(responses={200: RunSerializer, **PROBLEMS})
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run, with its whole result."""
        return Response(RunSerializer(find_run(user=cast(User, request.user), run_id=run_id)).data)


class RunCancelView(APIView):
    @extend_schema(request=CancelSerializer, responses={200: RunSerializer, **PROBLEMS})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Ask the run to stop. Asking again, or after its end, changes nothing."""
        given = CancelSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        reason = given.validated_data.get("reason", "")
        run = cancel_run(user=cast(User, request.user), run_id=run_id, reason=reason)
        return Response(RunSerializer(run).data)


class RunEventsView(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("after", int, description="the last `seq` you have")],
        responses={200: OpenApiTypes.OBJECT, **PROBLEMS},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """The run's events as they were sent, in order: `{count, next, previous, results}`."""
        after = _whole_number(request.query_params.get("after", "0"))
        run = find_run(user=cast(User, request.user), run_id=run_id)
        page = events_after(run.pk, after, EVENTS_PER_PAGE)
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


class RunCallView(APIView):
    @extend_schema(responses={200: ToolCallSerializer, **PROBLEMS})
    def get(self, request: Request, run_id: UUID, call_id: str) -> Response:
        """One tool call, with its whole result: an event holds at most 256 KiB of it."""
        run = find_run(user=cast(User, request.user), run_id=run_id)
        call = ToolCall.objects.filter(run=run, call_id=call_id).first()
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
    }


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidInput("`after` is a whole number: the last `seq` you have, or 0.")
    return int(text)
