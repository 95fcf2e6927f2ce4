"""One execution of an agent, and who may write to it."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.functions import Now
from django.utils.functional import cached_property

from accounts.models import User
from agents.models.calls import ToolCall
from agents.states import EXECUTING, LIVE, TERMINAL, RunState

LEASE_EXPIRED = Q(lease_expires_at__lte=Now())  # not renewed in time: its holder is gone
LOSSES_ALLOWED = 2
HOPELESS = LEASE_EXPIRED & Q(losses__gte=LOSSES_ALLOWED)  # its third worker is lost within one step


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(user=user)

    def with_waiting_calls(self) -> Self:
        """Each with the calls that somebody has to decide on, in one query for all."""
        calls = Prefetch("tool_calls", ToolCall.objects.waiting(), to_attr="waiting_calls")
        return self.prefetch_related(calls)

    def live(self) -> Self:
        return self.filter(state__in=LIVE)

    def unheld(self) -> Self:
        """Runs that no worker holds a valid lease on (by the database's clock)."""
        return self.filter(Q(lease_expires_at=None) | LEASE_EXPIRED)

    def first_of_thread(self) -> Self:
        """Runs whose turn it is: no older run of their thread is live. Children take no turns."""
        older = Run.objects.live().filter(
            thread=OuterRef("thread"), turn__lt=OuterRef("turn"), parent=None
        )
        return self.filter(~Q(parent=None) | ~Exists(older))

    def left(self) -> Self:
        """Runs that nobody executes though somebody did: handed back, or their holder is gone."""
        handed_back = Q(state__in=EXECUTING, lease_expires_at=None)
        return self.live().filter(handed_back | LEASE_EXPIRED)

    def hopeless(self) -> Self:
        """Runs that no other worker shall try."""
        return self.left().filter(HOPELESS)

    def startable(self) -> Self:
        """Runs that a worker may claim now."""
        decided = ToolCall.objects.decided().filter(run=OuterRef("pk"))
        has_an_answer = Exists(decided) | Q(cancel_requested_at__isnull=False)
        executable = self.filter(
            Q(state__in=[RunState.PENDING, *EXECUTING])
            | Q(has_an_answer, state=RunState.WAITING_FOR_APPROVAL)
        )
        return executable.unheld().exclude(HOPELESS).first_of_thread()


class Run(models.Model):
    """
    One execution of an agent for one user.

    Only the holder of the `fence` writes: each claim raises it, and every write names the fence
    it was claimed with, so a worker that lost its lease changes nothing any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs"
    )
    thread = models.ForeignKey("agents.Thread", on_delete=models.CASCADE, related_name="runs")
    turn = models.PositiveIntegerField()
    version = models.ForeignKey("agents.AgentVersion", on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey("agents.Agent", on_delete=models.PROTECT, related_name="runs")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    input = models.TextField()
    parameters = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=64, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)

    state = models.CharField(max_length=24, choices=RunState.choices, default=RunState.PENDING)
    last_seq = models.PositiveIntegerField(default=0)
    # Moves with last_seq; the position check of every server looks for runs that changed lately.
    changed_at = models.DateTimeField(db_default=Now())

    fence = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=32, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    losses = models.PositiveSmallIntegerField(default=0)
    dispatched_at = models.DateTimeField(db_default=Now())
    dispatches = models.PositiveSmallIntegerField(default=0)
    timeout = models.DurationField()  # what is left of it, while the run waits for approval
    deadline_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.CharField(max_length=64, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)

    result = models.TextField(blank=True)
    error_code = models.CharField(max_length=63, blank=True)
    error_message = models.TextField(blank=True)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # When its events, model messages and tool calls were removed, all of them.
    pruned_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-turn")
        constraints = (
            models.CheckConstraint(
                name="run_state_is_known", condition=Q(state__in=RunState.values)
            ),
            models.UniqueConstraint(
                fields=["thread", "turn"],
                condition=Q(parent=None),
                name="run_turn_unique_in_thread",
            ),
            models.UniqueConstraint(
                fields=["user", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="run_idempotency_key_unique_per_user",
            ),
        )
        indexes = (
            models.Index(fields=["-created_at"], name="run_by_time"),
            models.Index(fields=["user", "-created_at"], name="run_of_user"),
            models.Index(fields=["user", "changed_at"], name="run_changed"),
            # No parameter in the conditions: SQLite uses such an index only if it can prove them.
            models.Index(
                fields=["user", "thread"],
                condition=Q(finished_at=None),
                name="run_live_of_user",
            ),
            models.Index(
                fields=["finished_at"], condition=Q(pruned_at=None), name="run_to_be_pruned"
            ),
            models.Index(
                fields=["lease_expires_at"],
                condition=Q(state__in=sorted(LIVE)),
                name="run_live_lease",
            ),
        )

    def __str__(self) -> str:
        return f"run {self.short_id} ({self.state})"

    @property
    def short_id(self) -> str:
        return self.id.hex[:6]

    @property
    def is_terminal(self) -> bool:
        return self.state in TERMINAL

    @cached_property
    def waiting_calls(self) -> list[ToolCall]:
        """Calls that somebody has to decide on; see `with_waiting_calls`."""
        return list(ToolCall.objects.waiting().filter(run=self.pk))

    @property
    def is_pruned(self) -> bool:
        """Whether its first event was removed, and more with it or soon."""
        return self.is_terminal and self.last_seq > 0 and not self.events.filter(seq=1).exists()

    def position(self) -> int:
        """How many live runs of the thread come before this one; 0 when it is its turn."""
        earlier = Run.objects.live().filter(thread=self.thread_id, turn__lt=self.turn, parent=None)
        return earlier.count()
