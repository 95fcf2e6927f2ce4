"""The built-in analyst: a deterministic model that needs no key."""

from pydantic_ai.models import Model
from pydantic_ai.models.test import TestModel


def analyst(plan: str) -> Model:
    """The model that carries out `plan`."""
    return TestModel()
