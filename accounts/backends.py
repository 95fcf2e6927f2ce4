"""Log-in with a password, by name or by e-mail address."""

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.exceptions import Unavailable
from accounts.models import User

PATIENCE_SECONDS = 10


class NameOrEmailBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Raises Unavailable when too many others wait for the same."""
        if username is None or password is None:
            return None
        field = "email__iexact" if "@" in username else "username__iexact"
        user = User.objects.filter(**{field: username}).first()
        with turn_to_hash():
            if user is None:
                User().set_password(password)  # as long as a check, so names cannot be probed
                return None
            if user.check_password(password) and self.user_can_authenticate(user):
                return user
        return None


@contextmanager
def turn_to_hash() -> Iterator[None]:
    """Wait until a processor is free for a hash; the others are for everybody's requests."""
    if not _turns().acquire(timeout=PATIENCE_SECONDS):
        raise Unavailable("Too many people log in at the moment. Try again.")
    try:
        yield
    finally:
        _turns().release()


@functools.cache
def _turns() -> threading.BoundedSemaphore:
    # A hash takes a third of a second of a processor: 50 at once on two held everyone for 3.8 s.
    return threading.BoundedSemaphore(max((os.cpu_count() or 1) // 2, 1))
