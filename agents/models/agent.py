"""An agent, the names it answers to, and the versions of its configuration."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable

from accounts.models import User

RESERVED_NAMES = ("config", "execute", "list", "status")  # paths beside /api/agents/{name}

NAME_PATTERN = r"^[a-z][a-z0-9_]{1,62}\Z"

name_validator = RegexValidator(
    NAME_PATTERN, "Begin with a letter; use 2 to 63 small letters, digits and _."
)


def not_reserved(name: str) -> None:
    """Raises Django's ValidationError."""
    if name in RESERVED_NAMES:
        raise ValidationError(f"{name!r} is reserved: a path of the REST API has this name.")


class Access(models.TextChoices):
    PUBLIC = "public"  # found without signing in, used by every user
    USERS = "users"  # found and used by every user
    GROUPS = "groups"  # found and used by members of the named groups


class AgentQuerySet(models.QuerySet["Agent"]):
    def ready(self) -> Self:
        """Those that can be asked at all."""
        return self.filter(is_enabled=True).exclude(current=None)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The enabled agents that `user` may find."""
        found = self.ready()
        if user.is_staff:
            return found
        if not user.is_authenticated:
            return found.filter(access=Access.PUBLIC)
        return found.open_to(user.pk)

    def open_to(self, user: "int | Combinable") -> Self:
        """Those that the user of this id may find without being staff."""
        own_groups = Q(access=Access.GROUPS, groups__user=user)
        return self.filter(Q(access__in=[Access.PUBLIC, Access.USERS]) | own_groups).distinct()

    def readable_by(self, user: User | AnonymousUser) -> Self:
        """Whose configuration `user` may read: staff, who change it, see disabled ones too."""
        return self.exclude(current=None) if user.is_staff else self.visible_to(user)

    def with_current(self) -> Self:
        """With their current versions, but for what those hold of texts without much of a bound."""
        texts = [f"current__{field}" for field in AgentVersion.TEXTS]
        return self.select_related("current").defer(*texts)

    def named(self, name: "str | Combinable") -> Self:
        """By name or by one of the aliases."""
        return self.filter(Q(name=name) | Q(aliases__name=name)).distinct()


class Agent(models.Model):
    """Something that a user can ask; what it does is in its current version."""

    name = models.CharField(max_length=63, unique=True, validators=[name_validator, not_reserved])
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    access = models.CharField(max_length=10, choices=Access.choices, default=Access.USERS)
    groups = models.ManyToManyField(Group, blank=True, related_name="agents")
    is_enabled = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    current = models.ForeignKey(
        "agents.AgentVersion", on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_agent"
            ),
            models.CheckConstraint(
                name="agent_name_is_not_reserved", condition=~Q(name__in=RESERVED_NAMES)
            ),
        )

    def __str__(self) -> str:
        return self.name


class AgentAlias(models.Model):
    """Another name by which clients may ask for an agent."""

    name = models.CharField(
        max_length=63, primary_key=True, validators=[name_validator, not_reserved]
    )
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                name="agent_alias_is_not_reserved", condition=~Q(name__in=RESERVED_NAMES)
            ),
        )

    def __str__(self) -> str:
        return self.name


class AgentVersion(models.Model):
    """One configuration of an agent. Rows are never changed, so a run keeps what it began with."""

    class Source(models.TextChoices):
        CATALOG = "catalog"  # shipped with Netra
        ADMIN = "admin"
        REST = "rest"

    # What makes two versions the same configuration.
    CONTENT: ClassVar[tuple[str, ...]] = (
        "model",
        "instructions",
        "tools",
        "approval_tools",
        "opening_tool",
        "plan",
        "parameters_schema",
        "timeout_seconds",
        "step_limit",
        "token_limit",
        "cost_limit_usd",
    )

    TEXTS: ClassVar[tuple[str, ...]] = ("instructions", "parameters_schema")  # up to 164 KiB

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    model = models.CharField(max_length=120, blank=True, help_text="empty: the configured default")
    instructions = models.TextField(blank=True)
    tools = models.JSONField(default=list, help_text="names of tools")
    approval_tools = models.JSONField(
        default=list,
        blank=True,
        help_text="those of them whose calls somebody has to approve, beside the tools' own wish",
    )
    opening_tool = models.CharField(
        max_length=63, blank=True, help_text="a tool that begins every run, before the model speaks"
    )
    plan = models.CharField(
        max_length=63, blank=True, help_text="what the built-in analyst does for this agent"
    )
    parameters_schema = models.JSONField(default=dict, blank=True)
    timeout_seconds = models.PositiveIntegerField(default=300)
    step_limit = models.PositiveIntegerField(default=20)
    token_limit = models.PositiveIntegerField(null=True, blank=True)
    cost_limit_usd = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    reason = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["agent", "number"], name="agent_version_number_unique"),
        )

    def __str__(self) -> str:
        return f"{self.agent} v{self.number}"

    def content(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.CONTENT}
