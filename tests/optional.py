"""What a developer's machine may lack. Tests that need it are skipped there, but never under CI."""

import os
from typing import NoReturn

import pytest

IS_CI = bool(os.environ.get("CI"))


def missing(what_to_do: str) -> NoReturn:
    """Skip the test, or under CI fail it, saying how to get what it needs."""
    if IS_CI:
        pytest.fail(what_to_do)
    pytest.skip(what_to_do)
