"""The events of a run as REST gives them: the catalogue's, in the envelope of the wire."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from pydantic import BaseModel, Field, RootModel, create_model
from rest_framework import serializers

from agents.events import Event


class WireEnvelope(BaseModel):
    """What every event has beside its type and data."""

    run_id: UUID
    thread_id: str
    parent_run_id: UUID | None = Field(None, description="absent in runs that a user started")
    agent: str
    seq: int = Field(ge=1, description="1, 2, 3, … within the run, without a gap")
    timestamp: float = Field(description="seconds since the epoch")


def enveloped(event: type[BaseModel]) -> type[BaseModel]:
    """The model of an event with its envelope around it."""
    kind = event.model_fields["type"].default
    required: Any = (Literal[kind], ...)
    made: type[BaseModel] = create_model(
        event.__name__, __base__=(event, WireEnvelope), type=required
    )
    return made


CATALOGUE = get_args(get_args(Event)[0])
ONE_OF_ALL: Any = reduce(or_, [enveloped(event) for event in CATALOGUE])


class RunEvent(RootModel[Annotated[ONE_OF_ALL, Field(discriminator="type")]]):
    """One event; its `type` says what its `data` holds."""


@extend_schema_field(RunEvent)  # type: ignore[arg-type]  # its pydantic extension takes models
class EventField(serializers.DictField):
    """A stored event."""


class EventsSerializer(serializers.Serializer[Any]):
    """A page of events."""

    count = serializers.IntegerField(help_text="how many there are after the position asked for")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=EventField())
