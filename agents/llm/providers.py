"""From the name of a model to the model, with a clear error if it cannot be used."""

from collections.abc import Callable

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.providers import infer_provider_class

from agents.catalog.analyst import BUILTIN
from agents.exceptions import ModelNotConfigured
from agents.llm.builtin import analyst

HOW_TO_WRITE = (
    "Write provider:model, such as openai-chat:gpt-5 or anthropic:claude-sonnet-4-5, "
    f"or {BUILTIN!r}."
)

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
    factory = PROVIDERS.get(prefix)
    if factory is None and not rest:
        raise ModelNotConfigured(f"There is no model {name!r}. {HOW_TO_WRITE}")
    try:
        return infer_model(name) if factory is None else factory(rest)
    except (UserError, ImportError, LookupError, ValueError) as error:
        reason, _, _ = str(error).partition(". ")  # what follows is advice on pydantic-ai itself
        raise ModelNotConfigured(f"The model {name!r} cannot be used: {reason}.") from error


def problem_with(name: str, *, plan: str = "") -> str | None:
    """Why `model_named` would fail in this process, or None."""
    try:
        model_named(name, plan=plan)
    except ModelNotConfigured as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - an extension's provider may raise anything
        return f"The model cannot be made: {type(error).__name__}."
    return None


def is_known(name: str) -> bool:
    """
    Whether `name` can be a model's: it is written as one is, and its provider is known.

    Its key may be missing, and its package: they may be there on the machines of the workers.
    """
    prefix, _, rest = name.partition(":")
    if name == BUILTIN or prefix in PROVIDERS:
        return True
    try:
        infer_provider_class(prefix)
    except ImportError:
        return bool(rest)
    except (UserError, ValueError):
        return False
    return bool(rest)
