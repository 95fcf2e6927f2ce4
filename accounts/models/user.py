"""A person or a program that may log in."""

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.crypto import salted_hmac

from accounts.signals import log_ins_ended


class User(AbstractUser):
    """Logs in by name or by e-mail address."""

    username = models.CharField(
        "name",
        max_length=64,
        unique=True,
        error_messages={"unique": "Somebody has this name already."},
        # Without an @ a name can never be mistaken for somebody's address.
        validators=[RegexValidator(r"^[\w.+-]+\Z", "Use letters, digits and . + - _ only.")],
    )
    email = models.EmailField("e-mail address", blank=True)
    # Everything that proves a log-in holds the version of its time: raising it ends all at once.
    token_version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = (
            # The codes of these two are the fields that they speak of.
            models.UniqueConstraint(
                Lower("username"),
                name="user_name_unique_in_any_case",
                violation_error_code="username",
                violation_error_message="Somebody has this name already.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_unique_in_any_case",
                violation_error_code="email",
                violation_error_message="Somebody has this address already.",
            ),
        )

    def __str__(self) -> str:
        return self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password, and the end of being active, end all log-ins, whoever saves them."""
        with transaction.atomic():
            ends = not self._state.adding and self._ends_log_ins(kwargs.get("update_fields"))
            super().save(*args, **kwargs)
            if ends:
                self.end_log_ins()

    def _ends_log_ins(self, update_fields: Iterable[str] | None) -> bool:
        """Look at what is stored; that stays as it is until it is saved over."""
        saved = {"password", "is_active"} if update_fields is None else set(update_fields)
        stored = self.locked() if saved & {"password", "is_active"} else None
        if stored is None:
            return False
        if update_fields is None:
            # Who read the user before log-ins were ended would give them back with an old version.
            self.token_version = stored.token_version
        # `_password` is Django's: set while a new one waits to be saved, not when a hash is redone.
        has_new_password = getattr(self, "_password", None) is not None
        has_lost_password = stored.has_usable_password() and not self.has_usable_password()
        is_deactivated = stored.is_active and not self.is_active
        return (
            has_new_password
            or ("password" in saved and has_lost_password)
            or ("is_active" in saved and is_deactivated)
        )

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Names and addresses are put into one form first: that is what must be valid."""
        self.clean()
        super().clean_fields(exclude)

    def locked(self) -> "User | None":
        """What is stored of the user, and stays so until the transaction ends; None: deleted."""
        return User.objects.select_for_update(no_key=True).filter(pk=self.pk).first()

    def end_log_ins(self) -> None:
        """End every log-in, API key, ticket and link of the user, and what they have open."""
        own = User.objects.filter(pk=self.pk)
        if own.update(token_version=models.F("token_version") + 1):  # or they ended with the user
            self.token_version = own.values_list("token_version", flat=True).get()
        announce_end(self.pk)

    def get_session_auth_hash(self) -> str:
        """The admin's cookie ends with all other log-ins."""
        return self._hash_of_log_ins(None)

    def get_session_auth_fallback_hash(self) -> Iterable[str]:
        return (self._hash_of_log_ins(secret) for secret in settings.SECRET_KEY_FALLBACKS)

    def _hash_of_log_ins(self, secret: str | bytes | None) -> str:
        value = f"{self.token_version}.{self.password}"
        return salted_hmac("accounts.log_ins", value, secret=secret, algorithm="sha256").hexdigest()


@receiver(post_delete, sender=User)
def announce_deletion(instance: User, **_: Any) -> None:
    announce_end(instance.pk)


def announce_end(user_id: int) -> None:
    """Say, when it is true for everyone, that a log-in of the user has ended."""
    transaction.on_commit(partial(log_ins_ended.send_robust, sender=User, user_id=user_id))
