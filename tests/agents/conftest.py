"""What all tests of agents share."""

import gc

import pytest
from hypothesis import settings

from accounts.models import User
from tests.cast import appear

# Tests are not timed: a busy machine is no failure.
settings.register_profile("netra", deadline=None)
settings.load_profile("netra")


def pytest_unconfigure() -> None:
    """
    Let go of hypothesis's callback for the garbage collector.

    It keeps modules alive beyond the interpreter's end, which DuckDB's bindings report as leaks.
    """
    gc.callbacks.clear()


@pytest.fixture
def dora(db: None) -> User:
    """One of the staff: configures agents."""
    return appear("dora", is_staff=True)
