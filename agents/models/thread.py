"""A conversation and what was said in it."""

import re
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from accounts.models import User

KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def is_key(text: str) -> bool:
    return KEY.fullmatch(text) is not None


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(user=user)


class Thread(models.Model):
    """A conversation of one user. Its key is what clients call it by, unique per user."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="threads"
    )
    key = models.CharField(max_length=128, validators=[RegexValidator(rf"^{KEY.pattern}\Z")])
    title = models.CharField(max_length=200, blank=True)
    agent = models.ForeignKey(
        "agents.Agent", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # Numbers the runs of the thread; raised under a row lock, so two runs never share a turn.
    last_turn = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        ordering = ("-updated_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=["user", "key"], name="thread_key_unique_per_user"),
        )

    def __str__(self) -> str:
        return self.key


class Role(models.TextChoices):
    USER = "user"
    ASSISTANT = "assistant"


class Message(models.Model):
    """One turn's text by the user or by an agent."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    run = models.ForeignKey("agents.Run", on_delete=models.CASCADE, related_name="messages")
    role = models.CharField(max_length=10, choices=Role.choices)
    content = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["run", "role"], name="one_message_per_run_and_role"),
        )

    def __str__(self) -> str:
        return f"{self.role} in {self.thread_id}"
