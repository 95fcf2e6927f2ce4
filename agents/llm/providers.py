"""From the name of a model to the model, with a clear error if it cannot be used."""

from collections.abc import Callable

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model

from agents.exceptions import ModelNotConfigured
from agents.llm.builtin import analyst

BUILTIN = "builtin"

Factory = Callable[[str], Model]
PROVIDERS: dict[str, Factory] = {}
"""Providers made by extensions, by the part of a model's name before the colon."""


def provider(prefix: str) -> Callable[[Factory], Factory]:
    """Register `factory(rest of the name) -> Model` for names that begin with `prefix:`."""

    def register(factory: Factory) -> Factory:
        PROVIDERS[prefix] = factory
        return factory

    return register


def model_named(name: str, *, plan: str) -> Model:
    """
    The model called `name`: `builtin`, or `provider:model` as pydantic-ai writes it.

    `plan` is what the built-in analyst does. A wrong name, a missing key or a provider that is not
    installed raises ModelNotConfigured. Nothing is sent.
    """
    if name == BUILTIN:
        return analyst(plan)
    prefix, _, rest = name.partition(":")
    if factory := PROVIDERS.get(prefix):
        return factory(rest)
    if not rest:
        raise ModelNotConfigured(
            f"There is no model {name!r}. Write provider:model, such as openai-chat:gpt-5 "
            f"or anthropic:claude-sonnet-4-5, or {BUILTIN!r}."
        )
    try:
        return infer_model(name)
    except (UserError, ImportError, ValueError) as error:
        reason, _, _ = str(error).partition(". ")  # what follows is advice on pydantic-ai itself
        raise ModelNotConfigured(f"The model {name!r} cannot be used: {reason}.") from error
