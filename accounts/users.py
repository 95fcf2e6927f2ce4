"""How users are made and changed."""

from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction

from accounts import log_ins
from accounts.authentication import Session
from accounts.exceptions import Closed, InvalidInput
from accounts.hashing import turn_to_hash
from accounts.models import Purpose, User
from accounts.passwords import check_strength, confirm


def register(*, username: str, email: str, password: str) -> User:
    """Make a user. Raises Closed, or InvalidInput with what is wrong, by field."""
    if not settings.REGISTRATION_OPEN:
        raise Closed("Nobody can register here. Ask an administrator for an account.")
    user = User(username=User.normalize_username(username), email=email)
    _check(user)
    check_strength(password, user)
    with turn_to_hash():
        user.set_password(password)
    return _saved(user)


def change_profile(session: Session, changes: dict[str, Any], current: str | None) -> User:
    """
    Change one's name or address. A new address needs the current password.

    Raises InvalidInput with what is wrong, by field, and AuthenticationFailed if the log-in was
    ended meanwhile; then nothing is changed.
    """
    user, address = session.user, session.user.email
    moves = changes.get("email", address) != address
    if moves:
        confirm(session, current)
    for name, value in changes.items():
        setattr(user, name, value)
    with log_ins.standing(user, session.family):
        _check(user)
        if moves:  # links that were sent to the old one
            user.one_time_secrets.filter(purpose=Purpose.LOGIN).delete()
        return _saved(user, update_fields=list(changes))


def _saved(user: User, **options: Any) -> User:
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError:
        _check(user)  # of two at once with one name, the second is told so
        raise
    return user


def _check(user: User) -> None:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        details: dict[str, list[str]] = {}
        for field, problems in error.error_dict.items():
            for problem in problems:
                # The constraints on names and addresses say by their code which field they mean.
                name = (problem.code or field) if field == NON_FIELD_ERRORS else field
                details.setdefault(name, []).extend(problem.messages)
        raise InvalidInput("Some fields cannot be taken.", details=details) from error
