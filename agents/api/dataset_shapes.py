"""Shapes of what `datasets/…` takes and gives."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from pydantic_core import from_json
from rest_framework import serializers

from accounts.api.fields import EpochField
from accounts.text import problem_with_json
from agents.analytics.profile import Profile
from agents.models import Dataset
from agents.services.datasets import LONGEST_NAME

LONGEST_MAPPING = 100_000  # characters of JSON


class MappingField(serializers.CharField):
    """JSON text of a mapping; what it may say is checked when the file's columns are known."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if not text:
            return None
        try:
            mapping = from_json(text)
        except ValueError as error:
            raise serializers.ValidationError(f"This is not valid JSON: {error}.") from error
        if not isinstance(mapping, Mapping):
            raise serializers.ValidationError('Send an object such as {"latency_ms": "took"}.')
        if problem := problem_with_json(mapping):
            raise serializers.ValidationError(problem)
        return mapping


class UploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(
        allow_empty_file=True,  # the reader says what is wrong with an empty one
        help_text="CSV with a header line, JSON Lines or Parquet",
    )
    name = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_NAME,
        help_text="without it, the file's name",
    )
    mapping = MappingField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_MAPPING,
        help_text='JSON, such as {"latency_ms": {"column": "took", "unit": "s"}}',
    )


class DatasetSerializer(serializers.ModelSerializer[Dataset]):
    is_shared = serializers.SerializerMethodField(
        help_text="readable by everyone, deletable by no one"
    )
    created_at = EpochField(help_text="seconds since the epoch")

    class Meta:
        model = Dataset
        fields: tuple[str, ...] = (
            "id",
            "name",
            "format",
            "size_bytes",
            "rows",
            "skipped_rows",
            "is_shared",
            "created_at",
        )
        read_only_fields = fields

    def get_is_shared(self, row: Dataset) -> bool:
        return row.user_id is None


@extend_schema_field(Profile)  # type: ignore[arg-type]  # its pydantic extension takes models
class ProfileField(serializers.JSONField):
    """A stored profile."""


class DatasetDetailSerializer(DatasetSerializer):
    profile = ProfileField(help_text="columns, period, what is missing, assumptions")

    class Meta(DatasetSerializer.Meta):
        fields = (*DatasetSerializer.Meta.fields, "profile")
        read_only_fields = fields


class PreviewSerializer(serializers.Serializer[Any]):
    rows = serializers.ListField(
        child=serializers.DictField(), help_text="the first rows, by normalised column"
    )
