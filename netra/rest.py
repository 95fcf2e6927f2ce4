"""What all REST views share: one shape of errors, strict JSON, pages."""

import logging
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from pydantic_core import from_json
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from accounts.exceptions import NetraError
from accounts.text import problem_with_json

logger = logging.getLogger(__name__)


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
            body = {"code": "invalid_input", "message": f"The query string is not valid. {problem}"}
            return JsonResponse(body, status=HTTPStatus.BAD_REQUEST)
        return self.get_response(request)


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


def error_response(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every failure becomes `{code, message, details?}`."""
    status, body, headers = describe(error)
    view = context.get("view")
    if status == HTTPStatus.UNAUTHORIZED and view is not None:
        headers["WWW-Authenticate"] = view.get_authenticate_header(context["request"]) or "Bearer"
    return Response(body, status=status, headers=headers)


def describe(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and extra headers for a failure; one that nobody expected is logged here."""
    match error:
        case NetraError():
            wait = error.retry_after
            after = {"Retry-After": str(int(wait.total_seconds()))} if wait is not None else {}
            return error.http_status, error.body(), after
        case exceptions.ValidationError():
            message = "Some fields are missing or not valid."
            body = {"code": "invalid_input", "message": message, "details": error.detail}
            return HTTPStatus.BAD_REQUEST, body, {}
        case exceptions.APIException():
            wait = getattr(error, "wait", None)  # seconds, of a throttled request
            code = error.get_codes()
            body = {"code": code if isinstance(code, str) else "error", "message": str(error)}
            return error.status_code, body, {"Retry-After": str(math.ceil(wait))} if wait else {}
        case OperationalError() | InterfaceError():
            logger.error("Database unavailable", extra={"reason": str(error)})
            body = {"code": "unavailable", "message": "The database does not answer. Try again."}
            return HTTPStatus.SERVICE_UNAVAILABLE, body, {"Retry-After": "2"}
        case _:
            return (*_of_django(error), {})


def _of_django(error: Exception) -> tuple[int, dict[str, Any]]:
    match error:
        case Http404():
            message = "There is nothing here that you may see."
            return HTTPStatus.NOT_FOUND, {"code": "not_found", "message": message}
        case PermissionDenied():
            message = "You may not do this."
            return HTTPStatus.FORBIDDEN, {"code": "permission_denied", "message": message}
        case RequestDataTooBig():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
            message = f"The body may have {limit} MiB. Send less, or upload a file."
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"code": "too_large", "message": message}
        case SuspiciousOperation():
            message = f"The request cannot be accepted: {error}"
            return HTTPStatus.BAD_REQUEST, {"code": "invalid_request", "message": message}
    incident = uuid4().hex[:12]
    logger.error("Request failed", exc_info=error, extra={"incident": incident})
    message = f"Something went wrong on our side (incident {incident})."
    return HTTPStatus.INTERNAL_SERVER_ERROR, {"code": "internal", "message": message}


def unknown_path(request: HttpRequest) -> JsonResponse:
    """Any path under /api/ that no view serves."""
    message = f"There is no {request.path}. /api/docs/ lists what there is."
    return JsonResponse({"code": "not_found", "message": message}, status=HTTPStatus.NOT_FOUND)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before a view runs: a foreign Host, a body that is too large."""
    message = f"The request cannot be accepted: {exception or 'malformed'}."
    return JsonResponse(
        {"code": "invalid_request", "message": message}, status=HTTPStatus.BAD_REQUEST
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's last resort; views under /api/ answer through `error_response` long before."""
    body = {"code": "internal", "message": "Something went wrong on our side."}
    return JsonResponse(body, status=HTTPStatus.INTERNAL_SERVER_ERROR)
