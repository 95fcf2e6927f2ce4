"""What all REST views share: one shape of errors, strict JSON, pages."""

import logging
import math
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from pydantic_core import from_json
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.exceptions import InvalidInput, NetraError, NotFound, PermissionDenied, Unavailable
from accounts.text import problem_with_json

logger = logging.getLogger(__name__)

LONGEST_NUMBER = 1000  # digits; Python refuses to read more than 4300


class InvalidRequest(NetraError):
    """The request is malformed, or for another host."""

    code = "invalid_request"


class TooLarge(NetraError):
    """The body is larger than allowed."""

    code = "too_large"
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class StrictJSONParser(JSONParser):
    """JSON as the socket takes it: no NaN, no NUL, no broken surrogates, bounded nesting."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        try:
            value = from_json(stream.read(), allow_inf_nan=False)
        except ValueError as error:
            raise exceptions.ParseError(f"The body is not valid JSON: {error}") from error
        if problem := problem_with_json(value):
            raise exceptions.ParseError(problem)
        return value


class StorableQuery:
    """Middleware that refuses a query string with what PostgreSQL cannot even compare with."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if problem := problem_with_json(dict(request.GET.lists())):
            return answer(InvalidInput(f"The query string is not valid. {problem}"))
        return self.get_response(request)


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        """Raises InvalidInput for what is no size; a larger one than allowed gives the largest."""
        text = request.query_params.get(self.page_size_query_param, "")
        if not text:
            return self.page_size
        if not (text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER and int(text)):
            raise InvalidInput("`page_size` is a whole number from 1 on.")
        return min(int(text), self.max_page_size)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        number = {"type": "integer", "minimum": 1}
        names = (self.page_query_param, self.page_size_query_param)
        return [{"name": name, "in": "query", "schema": number} for name in names]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        properties = {
            "count": {"type": "integer", "minimum": 0},
            "next": address,
            "previous": address,
            "results": schema,
        }
        return {"type": "object", "required": list(properties), "properties": properties}


def error_response(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every failure becomes `{code, message, details?}` in JSON."""
    status, body, headers = describe(error)
    view, request = context.get("view"), context.get("request")
    if status == HTTPStatus.UNAUTHORIZED and view is not None:
        headers["WWW-Authenticate"] = view.get_authenticate_header(request) or "Bearer"
    if request is not None:  # of a view that gives pages or YAML too
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = request.accepted_renderer.media_type
    return Response(body, status=status, headers=headers)


def describe(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and extra headers for a failure; one that nobody expected is logged here."""
    error = translated(error)
    match error:
        case NetraError():
            wait = error.retry_after
            after = {"Retry-After": str(int(wait.total_seconds()))} if wait is not None else {}
            return error.http_status, error.body(), after
        case exceptions.ValidationError():
            message = "Some fields are missing or not valid."
            body = {"code": "invalid_input", "message": message, "details": error.detail}
            return HTTPStatus.BAD_REQUEST, body, {}
        case exceptions.Throttled():
            seconds = max(1, math.ceil(getattr(error, "wait", None) or 0))
            return error.status_code, _body_of(error), {"Retry-After": str(seconds)}
        case exceptions.APIException():
            return error.status_code, _body_of(error), {}
    incident = uuid4().hex[:12]
    logger.error("Request failed", exc_info=error, extra={"incident": incident})
    message = f"Something went wrong on our side (incident {incident})."
    return HTTPStatus.INTERNAL_SERVER_ERROR, {"code": "internal", "message": message}, {}


def translated(error: Exception) -> Exception:
    """What Django raises, in our words; other errors as they are."""
    match error:
        case OperationalError() | InterfaceError():
            logger.error("Database unavailable", extra={"reason": str(error)})
            return Unavailable("The database does not answer. Try again.")
        case Http404():
            return NotFound("There is nothing here that you may see.")
        case DjangoPermissionDenied():
            return PermissionDenied("You may not do this.")
        case RequestDataTooBig():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
            return TooLarge(f"The body may have {limit} MiB. Send less, or upload a file.")
        case SuspiciousOperation():
            return InvalidRequest(f"The request cannot be accepted: {error}")
    return error


def _body_of(error: exceptions.APIException) -> dict[str, Any]:
    code = error.get_codes()
    return {"code": code if isinstance(code, str) else "error", "message": str(error)}


def answer(error: NetraError) -> JsonResponse:
    """An error where no REST view is at work."""
    return JsonResponse(error.body(), status=error.http_status)


@csrf_exempt  # Django would answer other methods with a page
def unknown_path(request: HttpRequest) -> JsonResponse:
    """Any path under /api/ that no view serves."""
    return answer(NotFound(f"There is no {request.path}. /api/docs/ lists what there is."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before a view runs: a foreign Host, a body that is too large."""
    reason = exception or "malformed"
    return answer(InvalidRequest(f"The request cannot be accepted: {reason}."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's last resort; views under /api/ answer through `error_response` long before."""
    error = sys.exc_info()[1]
    known = error if isinstance(error, Exception) else RuntimeError("unknown")
    status, body, headers = describe(known)
    return JsonResponse(body, status=status, headers=headers)
