"""Who appears in tests, and the password that everyone has."""

from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher

if TYPE_CHECKING:  # tests of the page drive a browser without settings
    from accounts.models import User

PASSWORD = "correct-horse-battery"

CROWD = tuple(f"user{number}" for number in range(10))
# Ada and Ben sit at browsers; the others are whom something happens to, in one test each.
LEAVING = (
    "leaver",
    "deserter",
    "dropout",
    "wanderer",
    "quitter",
    "changer",
    "revoker",
    "forgetful",
    "outcast",
)
PEOPLE = ("alice", "bob", "ada", "ben", "idler", *LEAVING, *CROWD)
"""The users of a stack."""
STAFF = ("dora",)
"""Those of a stack who configure agents."""
ROOT = "root"
"""Who may do everything in a stack's admin."""


def appear(name: str, **more: Any) -> "User":
    """Make the user `name`."""
    users = get_user_model().objects
    return users.create(username=name, email=f"{name}@example.com", password=_hashed(), **more)


@cache
def _hashed() -> str:
    """Hashing is slow on purpose; once is enough, whatever hasher a test has set by then."""
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(PASSWORD, hasher.salt())
