"""Shapes of agents, their configurations and tools in the REST API."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import EpochField
from agents.models import Agent, AgentVersion


class AgentFilterSerializer(serializers.Serializer[Any]):
    all = serializers.BooleanField(default=False, help_text="for staff: disabled ones too")


class AgentSerializer(serializers.ModelSerializer[Agent]):
    aliases = serializers.SlugRelatedField[Any](many=True, read_only=True, slug_field="name")
    groups = serializers.SerializerMethodField(help_text="for staff; else null")
    tools = serializers.ListField(source="current.tools", child=serializers.CharField())
    version = serializers.IntegerField(source="current.number")

    class Meta:
        model = Agent
        fields = (
            "name",
            "title",
            "description",
            "aliases",
            "access",
            "groups",
            "is_default",
            "is_enabled",
            "tools",
            "version",
        )
        read_only_fields = fields

    def get_groups(self, agent: Agent) -> list[str] | None:
        """Only staff are told which groups there are."""
        if not self.context["request"].user.is_staff:
            return None
        return sorted(group.name for group in agent.groups.all())


class VersionSerializer(serializers.ModelSerializer[AgentVersion]):
    """Who made a version, when and why."""

    agent = serializers.CharField(source="agent.name")
    version = serializers.IntegerField(source="number")
    is_current = serializers.SerializerMethodField()
    created_by = serializers.SlugRelatedField[Any](
        read_only=True,
        allow_null=True,
        slug_field="username",
        help_text="null: Netra itself, or a deleted user",
    )
    created_at = EpochField()

    class Meta:
        model = AgentVersion
        fields: tuple[str, ...] = (
            "agent",
            "version",
            "is_current",
            "source",
            "reason",
            "created_by",
            "created_at",
        )
        read_only_fields = fields

    def get_is_current(self, version: AgentVersion) -> bool:
        return version.agent.current_id == version.pk


class AgentConfigSerializer(VersionSerializer):
    """A version with its content."""

    cost_limit_usd = serializers.DecimalField(
        max_digits=10, decimal_places=4, normalize_output=True, allow_null=True
    )
    parameters_schema = serializers.DictField(help_text="JSON schema of a run's `parameters`")
    tools = serializers.ListField(child=serializers.CharField())
    approval_tools = serializers.ListField(
        child=serializers.CharField(), help_text="those of them that need approval here"
    )

    class Meta(VersionSerializer.Meta):
        fields = (*VersionSerializer.Meta.fields, *AgentVersion.CONTENT)
        read_only_fields = fields


class ChangedConfigSerializer(AgentConfigSerializer):
    """The version that a change made, and what may keep its runs from working."""

    warnings = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="by field; such as a model whose key this server does not have",
    )

    class Meta(AgentConfigSerializer.Meta):
        fields = (*AgentConfigSerializer.Meta.fields, "warnings")
        read_only_fields = fields


class AgentStatusSerializer(serializers.Serializer[Any]):
    agent = serializers.CharField()
    status = serializers.ChoiceField(choices=["available", "unavailable"])
    message = serializers.CharField(help_text="why not; empty if it is available")
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="what workers lack; for staff"
    )
    live_runs = serializers.IntegerField(help_text="of all users")
    version = serializers.IntegerField()
    description = serializers.CharField()


class ToolSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField(help_text="what a model reads")
    parameters = serializers.DictField(help_text="JSON schema, as a model gets it")
    read_only = serializers.BooleanField()  # type: ignore[assignment] # a field of that name
    idempotent = serializers.BooleanField(help_text="may be repeated, as a read-only one may")
    needs_approval = serializers.BooleanField(help_text="somebody has to approve each call")
    timeout_seconds = serializers.FloatField()
