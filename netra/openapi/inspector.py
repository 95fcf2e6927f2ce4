"""From a view to its operation: what drf-spectacular finds, and all errors and examples."""

from http import HTTPStatus
from typing import Any, Literal, TypeAlias

from django.http import HttpRequest
from drf_spectacular.drainage import get_override, has_override, warn
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from rest_framework.request import Request

import netra.openapi.extensions  # noqa: F401 - found by being imported
from accounts.api.errors import ErrorSerializer
from netra.openapi.examples import EXAMPLES, PARAMETERS
from netra.openapi.failures import Failure, code_of, failures_by_status, is_passing, text_of

JSON = "application/json"
UUID_PATTERN = "[0-9a-fA-F]{8}"  # how the pattern of one in a path begins
AUTHENTICATE = {"required": True, "schema": {"type": "string", "pattern": "^Bearer"}}


Direction: TypeAlias = Literal["request", "response"]


class Inspector(AutoSchema):
    """
    Adds to every operation its errors, an example of each body, and what its parameters mean.

    A text's first sentence becomes the summary. A POST that acts on one thing is called by its
    path alone: `auth_logout`.
    """

    @property
    def has_body(self) -> bool:
        return self._get_request_body() is not None

    @property
    def is_paged(self) -> bool:
        return bool(self._get_pagination_parameters())

    @property
    def is_open(self) -> bool:
        """Whether its permissions let somebody in who has not signed in."""
        http = HttpRequest()
        http.method = self.method
        nobody = Request(http)
        rules = self.view.get_permissions()
        return all(rule.has_permission(nobody, self.view) for rule in rules)

    def get_auth(self) -> list[dict[str, list[str]]]:
        found: list[dict[str, list[str]]] = super().get_auth()
        return [*found, {}] if self.is_open and {} not in found else found

    def get_operation(self, *args: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args)
        if operation is not None:
            operation.setdefault("security", [])  # said, not only left out
        return operation

    def get_operation_id(self) -> str:
        found: str = super().get_operation_id()
        makes_one_of_many = self._tokenize_path()[-1].endswith("s")
        return found if makes_one_of_many else found.removesuffix("_create")

    def get_summary(self) -> str:
        text: str = super().get_description()
        return text.partition("\n")[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]  # as the library has it
        text: str = super().get_description()
        return text.partition("\n")[2].strip()

    def _get_parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super()._get_parameters()
        for parameter in found:
            if parameter["name"] in PARAMETERS:
                description, example = PARAMETERS[parameter["name"]]
                parameter.setdefault("description", description)
                parameter.setdefault("example", example)
            if parameter["in"] == "query":
                parameter["allowEmptyValue"] = True  # and counts as absent
            if UUID_PATTERN in parameter["schema"].get("pattern", ""):
                parameter["schema"]["format"] = "uuid"
        return found

    def _get_serializer_field_meta(self, field: Any, direction: str) -> dict[str, Any]:
        meta: dict[str, Any] = super()._get_serializer_field_meta(field, direction)
        if "minLength" in meta and field.trim_whitespace and not has_override(field, "field"):
            meta["pattern"] = r"\S"  # text of nothing but space counts as blank
        return meta

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        return {**schema, **getattr(serializer, "schema_also", {})}

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code, body in bodies.items():
            body["description"] = body["description"] or HTTPStatus(int(code)).phrase
        for status, failures in failures_by_status(self).items():
            answer = self._failed(status, failures)
            own = bodies.get(str(status))
            bodies[str(status)] = either(own, answer) if own else answer
        return dict(sorted(bodies.items()))

    def _failed(self, status: int, failures: list[Failure]) -> dict[str, Any]:
        codes = {code_of(failure): text_of(failure) for failure in failures}
        for code in [code for code, text in codes.items() if not text]:
            warn(f"the error {code!r} has no docstring that says when it happens")
        content = self._failed_content(status, codes)
        return {
            "description": "\n".join(f"- `{code}`: {text}" for code, text in codes.items()),
            **headers_of(status, failures),
            "content": {JSON: content, **getattr(self.view, "failure_forms", {})},
        }

    def _failed_content(self, status: int, codes: dict[str, str]) -> dict[str, Any]:
        """Of our one shape, or of the one that a view names as its `failure`, with numbers."""
        view: Any = self.view
        own = getattr(view, "failure", None)
        shape = self.resolve_serializer(own or ErrorSerializer, "response").ref
        number = view.failure_codes.get(status) if own else None
        values = {
            code: {"code": number if own else code, "message": text} for code, text in codes.items()
        }
        return {
            "schema": {
                "allOf": [shape],
                "properties": {"code": {"enum": [number] if own else list(codes)}},
            },
            "examples": {code: {"value": value} for code, value in values.items()},
        }

    def _get_examples(
        self,
        serializer: Any,
        direction: str,
        media_type: str,
        status_code: str | None = None,
        extras: Any = None,
    ) -> dict[str, Any]:
        found: dict[str, Any] = super()._get_examples(
            serializer, direction, media_type, status_code, extras
        )
        if found or serializer is None:
            return found
        shape = self._get_serializer_name(force_instance(serializer), direction)
        name = shape.removeprefix("Patched")  # of a PATCH, from the second time on
        if name not in EXAMPLES:
            return {}
        value = EXAMPLES[name]
        is_page = self._is_list_view(serializer) and get_override(serializer, "many") is not False
        if is_page and direction == "response":
            value = {"count": 1, "next": None, "previous": None, "results": [value]}
        return {name: {"value": value}}


def headers_of(status: int, failures: list[Failure]) -> dict[str, Any]:
    """`{"headers": …}` that come with a failure, if there are any."""
    if status == HTTPStatus.UNAUTHORIZED:
        return {"headers": {"WWW-Authenticate": AUTHENTICATE}}
    passing = [failure for failure in failures if is_passing(failure)]
    if not passing:
        return {}
    seconds = {"description": "seconds", "schema": {"type": "integer", "minimum": 1}}
    return {"headers": {"Retry-After": {**seconds, "required": passing == failures}}}


def either(own: dict[str, Any], failed: dict[str, Any]) -> dict[str, Any]:
    """An answer of a status that the view gives too, with a body of its own and no headers."""
    mine, other = own["content"][JSON], failed["content"][JSON]
    headers = failed.get("headers", {})
    return {
        "description": failed["description"],
        "headers": {name: {**header, "required": False} for name, header in headers.items()},
        "content": {
            JSON: {
                "schema": {"anyOf": [mine["schema"], other["schema"]]},
                "examples": {**mine.get("examples", {}), **other["examples"]},
            }
        },
    }
