"""The built-in analyst: a deterministic model that needs no key."""

from pydantic_ai.models import Model

from agents.llm.builtin.model import Analyst


def analyst(plan: str) -> Model:
    """The model that carries out `plan`: "optimization", or else the analysis of a question."""
    return Analyst(plan)
