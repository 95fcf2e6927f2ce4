"""`/api/runs/{id}/events`: a page of events, or all of them as they happen."""

from typing import Any, cast
from uuid import UUID

from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from pydantic_core import to_json
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from accounts.api.errors import fails_with
from accounts.api.query import query
from accounts.authentication import Session
from accounts.permissions import session_in
from agents.api import runs
from agents.api.event_shapes import EventsSerializer
from agents.api.examples import EVENT
from agents.api.serializers import LARGEST_SEQ, PositionSerializer
from agents.models import Run
from agents.services.runs import find_run
from realtime.limits import TooManySockets
from realtime.sharing import shared
from realtime.sse import EVENT_STREAM
from realtime.streaming import chunks_of

UNKNOWN = LARGEST_SEQ  # where no run has been: it is told by a snapshot

LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    str,
    OpenApiParameter.HEADER,
    description="Of an event stream: the last `id` you have; goes before `after`",
)
FIELDS = {
    "id": "`seq` of a stored event; of a snapshot the position to go on from",
    "event": "its `type`",
    "data": "the frame, as on the socket",
}
STREAMED = {
    "type": "object",
    "description": "One event of the stream. Text on its way has no `id`.",
    "required": ["event", "data"],
    "properties": {name: {"type": "string", "description": text} for name, text in FIELDS.items()},
}
EXAMPLE = {"id": str(EVENT["seq"]), "event": EVENT["type"], "data": to_json(EVENT).decode()}


class EventStreamRenderer(BaseRenderer):
    """Stands for the media type; the stream renders itself."""

    media_type = EVENT_STREAM
    format = "event-stream"

    def render(self, data: Any, *args: Any, **options: Any) -> bytes:
        return b""


@fails_with(TooManySockets)
class RunEventsView(runs.RunEventsView):
    renderer_classes = (JSONRenderer, EventStreamRenderer)

    @extend_schema(
        parameters=[PositionSerializer, LAST_EVENT_ID],
        responses={
            (200, "application/json"): EventsSerializer,
            (200, EVENT_STREAM): STREAMED,
            204: None,
        },
        examples=[OpenApiExample("Stream", EXAMPLE, media_type=EVENT_STREAM)],
    )
    def get(self, request: Request, run_id: UUID) -> HttpResponseBase:
        """
        The run's events as they were sent, in order.

        With `Accept: text/event-stream` they are streamed: those that are stored, then each as it
        happens, until the last. 204: the run has ended, and you have them all.
        """
        if request.accepted_renderer.media_type != EVENT_STREAM:
            return super().get(request, run_id)
        session = cast(Session, session_in(request))
        run = find_run(user=session.user, run_id=run_id)
        after = position_in(request)
        if run.is_terminal and after == run.last_seq:
            return HttpResponse(status=204)
        return self._stream(request, session, run, after)

    def _stream(self, request: Request, session: Session, run: Run, after: int) -> HttpResponseBase:
        connections = shared().connections
        if not connections.has_room(session.user.pk):
            raise connections.refusal()
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if request.method == "HEAD":  # it has no body, so it would never end
            return HttpResponse(content_type=EVENT_STREAM, headers=headers)
        close_old_connections()  # Django would keep ours for as long as the stream goes on
        chunks = chunks_of(run.pk, session=session, after=after, shared=shared())
        return StreamingHttpResponse(chunks, content_type=EVENT_STREAM, headers=headers)


def position_in(request: Request) -> int:
    """What the client has: by the header, which a browser sets when it comes back, or `after`."""
    header = request.headers.get("Last-Event-ID", "")
    if not header:
        after: int = query(PositionSerializer, request)["after"]
        return after
    is_number = header.isascii() and header.isdigit() and len(header) <= len(str(LARGEST_SEQ))
    return min(int(header), UNKNOWN) if is_number else UNKNOWN
