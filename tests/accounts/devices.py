"""Log-ins for tests, made the short way."""

from accounts import log_ins, tokens
from accounts.models import LogIn, User


def pair_of(user: User, means: LogIn.Means = LogIn.Means.PASSWORD) -> tokens.Pair:
    """The tokens of a new log-in."""
    return log_ins.begin(user, means)
