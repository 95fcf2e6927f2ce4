"""What a run left behind, step by step: its events and its model messages."""

from django.db import models
from django.db.models import Q

from agents.events import TERMINAL_TYPES
from agents.models.run import Run


class RunEvent(models.Model):
    """An event as it was sent. Stored before it is sent, so a client can always be caught up."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=32)
    frame = models.TextField(help_text="the JSON text of the wire")

    class Meta:
        ordering = ("seq",)
        constraints = (
            models.UniqueConstraint(fields=["run", "seq"], name="run_event_seq_unique"),
            models.UniqueConstraint(
                fields=["run"],
                condition=Q(type__in=TERMINAL_TYPES),
                name="one_terminal_event_per_run",
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id}#{self.seq}"


class ModelMessage(models.Model):
    """A message to or from the model, in pydantic-ai's JSON; a run continues from these."""

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="model_messages", db_index=False
    )
    index = models.PositiveIntegerField()
    body = models.TextField()

    class Meta:
        ordering = ("index",)
        constraints = (
            models.UniqueConstraint(fields=["run", "index"], name="model_message_index_unique"),
        )

    def __str__(self) -> str:
        return f"{self.run_id}[{self.index}]"
