"""Links that log a user in once."""

from datetime import timedelta

from accounts.models import OneTimeSecret, Purpose, User


def login_link(user: User, *, base_url: str, valid_for: timedelta) -> str:
    """A link to the chat page; its secret stands behind the #, so no server log ever holds it."""
    secret = OneTimeSecret.issue(purpose=Purpose.LOGIN, user=user, valid_for=valid_for)
    return f"{base_url.rstrip('/')}/#link={secret}"
