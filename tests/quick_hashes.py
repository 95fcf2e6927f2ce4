"""The settings, but a password takes no time: for tests that try thousands of them."""

from netra.settings import *  # noqa: F403

# The second for passwords that were set before.
PASSWORD_HASHERS = [
    f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("MD5", "PBKDF2")
]
