"""What drf-spectacular does not know by itself; found by being imported."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import ResolvedComponent
from pydantic.json_schema import model_json_schema


class PydanticModels(OpenApiSerializerExtension):
    """
    A request as pydantic reads it, an answer as it writes it.

    The library's own describes both as written, where a default makes no field optional.
    """

    target_class = "pydantic.BaseModel"
    match_subclasses = True
    priority = 1

    def get_name(self, auto_schema: Any, direction: str) -> str:
        return str(self.target.__name__)

    def get_identity(self, auto_schema: Any, direction: str) -> Any:
        return self.target

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        is_request = direction == "request"
        suffix = "Request" if is_request else ""
        schema = model_json_schema(
            self.target,
            ref_template=f"#/components/schemas/{{model}}{suffix}",
            mode="validation" if is_request else "serialization",
        )
        for name, part in schema.pop("$defs", {}).items():
            component = ResolvedComponent(
                name=f"{name}{suffix}", type=ResolvedComponent.SCHEMA, object=name, schema=part
            )
            auto_schema.registry.register_on_missing(component)
        return schema
