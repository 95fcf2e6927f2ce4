"""An API key: what programs use in place of a log-in."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from accounts.models.credential import Credential
from accounts.scopes import Scope


def known_scopes(value: object) -> None:
    """Raise ValidationError unless `value` is a list of one or more scopes, each once."""
    if not isinstance(value, list) or not value or any(item not in Scope.values for item in value):
        raise ValidationError(f"Give one or more of {', '.join(Scope.values)}.")


class ApiKey(Credential):
    """Only the digest of a key is kept; the key itself is shown once, when it is made."""

    PREFIX: ClassVar[str] = "netra_"  # tells a key from a token, and people what they have found

    name = models.CharField(max_length=80, help_text="what it is for")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False, help_text="how the key begins")
    scopes = models.JSONField(validators=[known_scopes])
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
