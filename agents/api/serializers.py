"""Shapes of what the REST API takes and gives."""

from typing import Any, get_args

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.errors import ErrorSerializer
from accounts.api.fields import EpochField, TextField
from agents.models import Decision, Message, Run, Thread, ToolCall
from agents.models.thread import KEY
from agents.services.requests import INPUT_LIMIT, OnBusy, Parameters
from agents.services.runs import summary_of
from agents.states import RunState

LARGEST_SEQ = 2**31 - 1  # what the column holds


@extend_schema_field({"type": "string", "pattern": f"^{KEY.pattern}$"})
class ThreadKeyField(TextField):
    """What clients call a thread by; `services.threads` says what is wrong with one."""


@extend_schema_field(Parameters)  # type: ignore[arg-type]  # its pydantic extension takes models
class ParametersField(serializers.JSONField):
    """`parameters` of a run; `services.requests` says what is wrong with them."""


class StartSerializer(serializers.Serializer[Any]):
    """A question. As on the socket, undeclared fields are handed to the agent as context."""

    parameters = ParametersField(required=False)
    on_busy = serializers.ChoiceField(choices=[choice.value for choice in OnBusy], required=False)


class RunStartSerializer(StartSerializer):
    input = TextField(max_length=INPUT_LIMIT, help_text="the question")
    thread_id = ThreadKeyField(required=False, help_text="made up if absent")


class ExecuteSerializer(StartSerializer):
    type = TextField(max_length=63, help_text="name or alias of the agent")
    message = TextField(max_length=INPUT_LIMIT, help_text="the question")
    thread_id = ThreadKeyField(required=False, help_text="made up if absent")


class MessageStartSerializer(StartSerializer):
    content = TextField(max_length=INPUT_LIMIT, help_text="the question")
    agent = TextField(
        required=False, max_length=63, help_text="else the thread's, else the default"
    )


class AcceptedSerializer(serializers.Serializer[Any]):
    run_id = serializers.UUIDField()
    thread_id = serializers.CharField()
    status = serializers.ChoiceField(choices=RunState.choices)
    position = serializers.IntegerField(
        required=False, help_text="how many runs of the thread come first"
    )


class RunFilterSerializer(serializers.Serializer[Any]):
    thread_id = serializers.CharField(
        required=False, allow_blank=True, help_text="the runs of one thread"
    )
    status = serializers.ChoiceField(
        required=False, allow_blank=True, choices=RunState.choices, help_text="runs in this state"
    )


class PositionSerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        default=0, min_value=0, max_value=LARGEST_SEQ, help_text="the last `seq` you have"
    )


class RunUsageSerializer(serializers.Serializer[Any]):
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField(allow_null=True, help_text="null: a price is unknown")


class ApprovalSerializer(serializers.Serializer[Any]):
    call_id = serializers.CharField()
    tool_name = serializers.CharField()
    parameters = serializers.JSONField()
    expires_at = serializers.FloatField(help_text="then it counts as denied")
    reason = serializers.CharField(
        required=False, help_text="why, if it is not the tool's own wish"
    )


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
    usage = RunUsageSerializer()
    approvals = ApprovalSerializer(many=True, help_text="calls that wait for a decision")
    created_at = serializers.FloatField()
    started_at = serializers.FloatField(allow_null=True)
    finished_at = serializers.FloatField(allow_null=True)

    def to_representation(self, instance: Run) -> dict[str, Any]:
        return summary_of(instance)


class CancelSerializer(serializers.Serializer[Any]):
    reason = TextField(required=False, max_length=200, allow_blank=True)


class DecisionSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=get_args(Decision))
    reason = TextField(required=False, max_length=200, allow_blank=True)


class ThreadFilterSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, allow_blank=True, help_text="part of the title")


class ThreadSerializer(serializers.ModelSerializer[Thread]):
    thread_id = ThreadKeyField(source="key", required=False, help_text="made up if absent")
    title = TextField(required=False, allow_blank=True, max_length=200)
    agent = serializers.SlugRelatedField[Any](read_only=True, allow_null=True, slug_field="name")
    created_at = EpochField()
    updated_at = EpochField()

    class Meta:
        model = Thread
        fields = ("thread_id", "title", "agent", "created_at", "updated_at")


class ThreadChangeSerializer(serializers.ModelSerializer[Thread]):
    title = TextField(allow_blank=True, max_length=200)

    class Meta:
        model = Thread
        fields = ("title",)


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
    status = serializers.ChoiceField(choices=ToolCall.Status.choices)
    result = serializers.JSONField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True)
    decision = serializers.ChoiceField(
        choices=get_args(Decision), allow_null=True, help_text="null: nobody had to approve it"
    )
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.FloatField(allow_null=True)
