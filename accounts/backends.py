"""Log-in with a password, by name or by e-mail address."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.hashing import turn_to_hash
from accounts.models import User
from accounts.names import named


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
        user = named(username)
        with turn_to_hash():
            if user is None:
                User().set_password(password)  # as long as a check, so names cannot be probed
                return None
            if user.check_password(password) and self.user_can_authenticate(user):
                return user
        return None
