"""Shapes of what the REST API takes and gives."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import EpochField
from agents.models import Message, Run, Thread
from agents.services.requests import OnBusy
from agents.services.runs import summary_of
from agents.states import RunState


class ErrorSerializer(serializers.Serializer[Any]):
    """What every failure is answered with."""

    code = serializers.CharField()
    message = serializers.CharField(help_text="says what to do")
    details = serializers.JSONField(required=False)


class StartSerializer(serializers.Serializer[Any]):
    """
    What all requests that start a run share; `services.requests` validates it.

    As on the socket, fields that are not declared are handed to the agent as context.
    """

    parameters = serializers.JSONField(
        required=False,
        help_text="{timeout (s), mode: 'test', model, dataset, …}",
    )
    on_busy = serializers.ChoiceField(choices=[choice.value for choice in OnBusy], required=False)


class RunStartSerializer(StartSerializer):
    input = serializers.CharField(help_text="the question")
    thread_id = serializers.CharField(required=False, help_text="made up if absent")


class ExecuteSerializer(StartSerializer):
    type = serializers.CharField(help_text="name or alias of the agent")
    message = serializers.CharField(help_text="the question")
    thread_id = serializers.CharField(required=False, help_text="made up if absent")


class MessageStartSerializer(StartSerializer):
    content = serializers.CharField(help_text="the question")
    agent = serializers.CharField(required=False, help_text="else the thread's, else the default")


class AcceptedSerializer(serializers.Serializer[Any]):
    run_id = serializers.UUIDField()
    thread_id = serializers.CharField()
    status = serializers.ChoiceField(choices=RunState.choices)
    position = serializers.IntegerField(
        required=False, help_text="how many runs of the thread come first"
    )


class UsageSerializer(serializers.Serializer[Any]):
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField(allow_null=True, help_text="null: a price is unknown")


class RunSerializer(serializers.Serializer[Run]):
    run_id = serializers.UUIDField()
    thread_id = serializers.CharField()
    parent_run_id = serializers.UUIDField(allow_null=True)
    agent = serializers.CharField()
    status = serializers.ChoiceField(choices=RunState.choices)
    last_seq = serializers.IntegerField()
    input = serializers.CharField()
    result = serializers.CharField(allow_null=True, help_text="Markdown")
    error = ErrorSerializer(allow_null=True)
    usage = UsageSerializer()
    created_at = serializers.FloatField()
    started_at = serializers.FloatField(allow_null=True)
    finished_at = serializers.FloatField(allow_null=True)

    def to_representation(self, instance: Run) -> dict[str, Any]:
        return summary_of(instance)


class CancelSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, max_length=200, allow_blank=True)


class ThreadSerializer(serializers.ModelSerializer[Thread]):
    thread_id = serializers.CharField(source="key", required=False, max_length=128)
    agent = serializers.SlugRelatedField[Any](read_only=True, slug_field="name")
    created_at = EpochField()
    updated_at = EpochField()

    class Meta:
        model = Thread
        fields = ("thread_id", "title", "agent", "created_at", "updated_at")


class MessageSerializer(serializers.ModelSerializer[Message]):
    run_id = serializers.UUIDField()
    created_at = EpochField()

    class Meta:
        model = Message
        fields = ("id", "run_id", "role", "content", "created_at")
        read_only_fields = fields


class ToolCallSerializer(serializers.Serializer[Any]):
    call_id = serializers.CharField()
    tool_name = serializers.CharField()
    parameters = serializers.JSONField()
    status = serializers.CharField()
    result = serializers.JSONField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True)
