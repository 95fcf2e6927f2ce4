"""What all tests of agents share."""

import gc

from hypothesis import settings

# Tests are not timed: a busy machine is no failure.
settings.register_profile("netra", deadline=None)
settings.load_profile("netra")


def pytest_unconfigure() -> None:
    """
    Let go of hypothesis's callback for the garbage collector.

    It keeps modules alive beyond the interpreter's end, which DuckDB's bindings report as leaks.
    """
    gc.callbacks.clear()
