"""Fields that the serializers of all apps share."""

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_ATOM = r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+"
_LABEL = "[0-9A-Za-z]([-0-9A-Za-z]{0,61}[0-9A-Za-z])?"
# What is accepted, but for rare forms: names in quotes, other alphabets, `localhost`.
ADDRESS = rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[-0-9A-Za-z]{{1,62}}[0-9A-Za-z]$"


@extend_schema_field(OpenApiTypes.DOUBLE)
class EpochField(serializers.Field[datetime, Any, float, Any]):
    """A time as seconds since the epoch with milliseconds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> float:
        return round(value.timestamp(), 3)


class TextField(serializers.CharField):
    """Text; other than DRF's own, it takes no number for text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": ADDRESS, "examples": ["maria@example.com"]})
class AddressField(TextField, serializers.EmailField):
    """An e-mail address."""


class WholeField(serializers.IntegerField):
    """A whole number; other than DRF's own, it takes no text for a number."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """true or false; other than DRF's own, it takes no text and no number for one."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
