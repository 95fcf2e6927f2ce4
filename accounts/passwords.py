"""New passwords: for who knows the old one, and for who was sent a link."""

from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import log_ins, tokens
from accounts.authentication import Session
from accounts.exceptions import InvalidInput, PermissionDenied
from accounts.hashing import turn_to_hash
from accounts.models import LogIn, User
from accounts.origin import Origin

# So long after a log-in with a link its user may set a password without knowing the old one.
LINK_TRUSTED = timedelta(hours=1)


def change_password(
    session: Session, *, current: str | None, new: str, origin: Origin
) -> tokens.Pair:
    """
    Set a new password. Every log-in and API key of the user ends; the pair begins a new one.

    Raises InvalidInput for a wrong old password or a weak new one, PermissionDenied for an API key,
    AuthenticationFailed if the log-in was ended meanwhile.
    """
    if session.log_in is None:
        raise PermissionDenied("An API key cannot change a password. Log in.")
    confirm(session, current)
    user = session.user
    check_strength(new, user)
    with turn_to_hash():
        user.set_password(new)
    with log_ins.standing(user, session.family):
        user.save(update_fields=["password"])
        return log_ins.begin(user, LogIn.Means.PASSWORD, origin)


def confirm(session: Session, password: str | None) -> None:
    """Raise InvalidInput unless it is the user's password, or none is needed to be sure."""
    if not session.user.has_usable_password() or _came_by_link(session):
        return
    with turn_to_hash():
        is_right = password is not None and session.user.check_password(password)
    if not is_right:
        message = "Give your password of today." if password is None else "It is another one."
        raise InvalidInput(
            "This needs your current password.", details={"current_password": [message]}
        )


def check_strength(password: str, user: User) -> None:
    """Raises InvalidInput, with what is wrong with the password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(
            "Choose a stronger password.", details={"password": error.messages}
        ) from error


def _came_by_link(session: Session) -> bool:
    log_in = session.log_in
    if log_in is None or log_in.means != LogIn.Means.LINK:
        return False
    return timezone.now() - log_in.created_at < LINK_TRUSTED
