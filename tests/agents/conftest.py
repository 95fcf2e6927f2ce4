"""What all tests of agents share."""

import gc


def pytest_unconfigure() -> None:
    """
    Let go of hypothesis's callback for the garbage collector.

    It keeps modules alive beyond the interpreter's end, which DuckDB's bindings report as leaks.
    """
    gc.callbacks.clear()
