"""The tool calls of a run, and what people decide about them."""

from typing import Literal, Self, TypeAlias

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

Decision: TypeAlias = Literal["approve", "deny"]


class Approval(models.TextChoices):
    """Where a call that somebody has to approve stands; empty for the others."""

    WAITING = "waiting"
    APPROVED = "approved"  # decided; the next worker tells watchers, and runs it
    DENIED = "denied"
    GRANTED = "granted"  # told: from here on it may have taken effect


class ToolCallQuerySet(models.QuerySet["ToolCall"]):
    """A call has an expiry from the question until watchers are told the answer."""

    def waiting(self) -> Self:
        """Calls that somebody has to decide on."""
        return self.filter(approval=Approval.WAITING, approval_expires_at__isnull=False)

    def in_time(self) -> Self:
        """Those whose time has not run out, by the database's clock."""
        return self.waiting().filter(approval_expires_at__gt=Now())

    def expired(self) -> Self:
        """Those that nobody decided on in time, by the database's clock."""
        return self.waiting().filter(approval_expires_at__lte=Now())

    def decided(self) -> Self:
        """Calls whose run has to go on: they are decided on, and nobody has been told."""
        return self.filter(
            approval__in=[Approval.APPROVED, Approval.DENIED], approval_expires_at__isnull=False
        )


class ToolCall(models.Model):
    """A call that was announced. Its key is where the model asked for it: response and position."""

    class Status(models.TextChoices):
        OPEN = "open"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        DENIED = "denied"
        CANCELLED = "cancelled"

    run = models.ForeignKey(
        "agents.Run", on_delete=models.CASCADE, related_name="tool_calls", db_index=False
    )
    response = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    call_id = models.CharField(max_length=64)
    tool = models.CharField(max_length=128)
    arguments = models.TextField(help_text="JSON")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    result = models.TextField(blank=True, help_text="JSON")
    duration_ms = models.FloatField(null=True)

    approval = models.CharField(max_length=10, choices=Approval.choices, blank=True)
    approval_reason = models.TextField(blank=True, help_text="why it was asked for")
    approval_expires_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=200, blank=True)

    objects = ToolCallQuerySet.as_manager()

    class Meta:
        ordering = ("response", "position")
        constraints = (
            models.UniqueConstraint(
                fields=["run", "response", "position"], name="tool_call_key_unique"
            ),
            models.UniqueConstraint(fields=["run", "call_id"], name="tool_call_id_unique_in_run"),
        )
        indexes = (
            models.Index(
                fields=["approval", "approval_expires_at"],
                condition=Q(approval_expires_at__isnull=False),
                name="tool_call_approval",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tool} {self.call_id} ({self.status})"

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to decide on it."""
        return self.approval == Approval.WAITING and self.approval_expires_at is not None

    @property
    def decision(self) -> Decision | None:
        """What was decided, if anything was."""
        match self.approval:
            case Approval.APPROVED | Approval.GRANTED:
                return "approve"
            case Approval.DENIED:
                return "deny"
            case _:
                return None
