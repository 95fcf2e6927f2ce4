"""What the endpoints that start a run share."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from agents.api.serializers import AcceptedSerializer
from agents.exceptions import (
    AgentNotFound,
    IdempotencyConflict,
    ModelNotAllowed,
    ThreadBusy,
    TooManyRuns,
)
from agents.services.runs import Started

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    pattern="^[!-~]{16,64}$",
    description="16 to 64 visible characters; within 24 h the same key and body give the same run",
)
START_ERRORS = (AgentNotFound, ModelNotAllowed, ThreadBusy, TooManyRuns, IdempotencyConflict)


def asked(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """The validated body and the idempotency key, in the words of `services.requests`."""
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    body: Any = request.data  # an object, or it would not be valid
    return {
        **serializer.validated_data,
        "context": {name: body[name] for name in body.keys() - serializer.fields.keys()},
        "idempotency_key": request.headers.get("Idempotency-Key"),
    }


def accepted(started: Started) -> Response:
    body = {
        "run_id": started.run.pk,
        "thread_id": started.thread.key,
        "status": started.run.state,
        **({"position": started.position} if started.position else {}),
    }
    return Response(AcceptedSerializer(body).data, status=202)
