"""Fields that the serializers of all apps share."""

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field(OpenApiTypes.DOUBLE)
class EpochField(serializers.Field[datetime, Any, float, Any]):
    """A time as seconds since the epoch with milliseconds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> float:
        return round(value.timestamp(), 3)
