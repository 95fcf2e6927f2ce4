"""`POST /v1/traces`: where OpenTelemetry's exporters report what applications ask of models."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.errors import fails_with
from accounts.exceptions import Unavailable
from accounts.permissions import session_in
from accounts.scopes import Scope
from accounts.throttles import Throttle
from agents.analytics.readers.dialects.otel.span import BadSpan
from agents.api import otlp
from agents.api.datasets import user_of
from agents.exceptions import FileTooLarge, StagingFull, UnreadableTraces
from agents.services import traces

READ_AT_ONCE = 1  # body, in one server process: it takes memory, and the interpreter
PATIENCE_SECONDS = 1.5  # for a place; 8,192 spans, as many as a collector sends, take 0.3 s
REASONS_SHOWN = 3
PASSED_ON = ("Retry-After", "WWW-Authenticate", "Allow")
ELSEWHERE = "Netra takes traces, at /v1/traces, and neither metrics nor logs."

IN_PROTOBUF: Mapping[str, Any] = {
    "schema": {"type": "string", "format": "binary"},
    "examples": {"bytes": {"summary": "The same in protobuf", "value": "…"}},
}

_places = threading.BoundedSemaphore(READ_AT_ONCE)


class TracesThrottle(Throttle):
    """Reports of one user, wherever they come from."""

    scope = "traces"

    def identity(self, request: Request | HttpRequest) -> str | None:
        session = session_in(request) if isinstance(request, Request) else None
        return f"user {session.user.pk}" if session else None


class AsAsked(BaseContentNegotiation):
    """The encoding of an answer is the request's; what `Accept` says is not asked."""

    def select_renderer(
        self, request: Any, renderers: Any, format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        return JSONRenderer(), otlp.JSON


class TracesSerializer(serializers.Serializer[Any]):
    """An ExportTraceServiceRequest of OTLP 1."""

    resourceSpans = serializers.ListField(  # noqa: N815 - OTLP's name
        child=serializers.DictField(),
        required=False,
        allow_null=True,
        help_text="as OpenTelemetry's specification has them, ids in hexadecimal",
    )


class TracesTakenSerializer(serializers.Serializer[Any]):
    """An ExportTraceServiceResponse."""

    partialSuccess = serializers.DictField(  # noqa: N815 - OTLP's name
        required=False,
        help_text="`rejectedSpans` and `errorMessage`, when some spans could not be read",
    )


class TraceStatusSerializer(serializers.Serializer[Any]):
    """A google.rpc.Status, which OTLP wants for failures."""

    code = serializers.IntegerField(help_text="of google.rpc.Code")
    message = serializers.CharField(help_text="for people; says what to do")


@fails_with(UnreadableTraces, FileTooLarge, StagingFull)
class TracesView(APIView):
    scope = Scope.DATA
    throttle_classes = (TracesThrottle,)
    content_negotiation_class = AsAsked
    failure: ClassVar[Any] = TraceStatusSerializer  # for the schema: the shape of failures
    failure_forms: ClassVar[Mapping[str, Any]] = {otlp.PROTOBUF: IN_PROTOBUF}  # beside JSON
    failure_codes: ClassVar[Mapping[int, int]] = otlp.CODES

    @extend_schema(
        operation_id="traces_export",
        tags=["traces"],
        request={otlp.JSON: TracesSerializer, otlp.PROTOBUF: OpenApiTypes.BINARY},
        responses={
            (200, otlp.JSON): TracesTakenSerializer,
            (200, otlp.PROTOBUF): OpenApiTypes.BINARY,
        },
        examples=[OpenApiExample("The same in protobuf", "…", media_type=otlp.PROTOBUF)],
    )
    def post(self, request: Request) -> HttpResponse:
        """
        Report spans, as OpenTelemetry's exporters do (OTLP/HTTP).

        Calls of models become rows of your data set "Live traces" at once, each once, however often
        it is sent; other spans are counted and passed over. Takes protobuf and JSON, also
        compressed with gzip or deflate, and answers in the same form.
        """
        http = request._request  # noqa: SLF001 - DRF has no other way to the body as it came
        form = otlp.form_of(http) or otlp.Form(otlp.JSON)
        if not _places.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable("The server reads many traces. Send these again.")
        try:
            batch = otlp.batch_in(http)
        finally:
            _places.release()
        if batch.calls or batch.others or batch.bad:
            traces.take(user=user_of(request), batch=batch)
        return form.accepted(len(batch.bad), _reason(batch.bad))

    def handle_exception(self, exc: Exception) -> Response:
        """Failures have the same statuses as elsewhere, told in OTLP's way."""
        answer = super().handle_exception(exc)
        http = self.request._request  # noqa: SLF001
        form = otlp.form_of(http) or otlp.Form(otlp.JSON)
        told: Mapping[str, Any] = answer.data
        headers = {name: answer[name] for name in PASSED_ON if name in answer}
        return form.failed(answer.status_code, str(told["message"]), headers)  # type: ignore[return-value]


@csrf_exempt
def elsewhere(request: HttpRequest) -> HttpResponse:
    """Any other path that an exporter may have been told."""
    form = otlp.form_of(request) or otlp.Form(otlp.JSON)
    return form.failed(404, ELSEWHERE, {})


def _reason(bad: Sequence[BadSpan]) -> str:
    """Why spans were rejected: the first few reasons."""
    reasons = list(dict.fromkeys(f"A span {error}." for error in bad))
    return " ".join(reasons[:REASONS_SHOWN])
