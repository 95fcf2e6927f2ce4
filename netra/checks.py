"""System checks: a configuration that cannot work is reported with an id and a hint."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from agents.exceptions import ModelNotConfigured


@register()
def model_is_usable(**_: Any) -> list[CheckMessage]:
    """NETRA_MODEL names a provider that is known and has its key."""
    if settings.MODEL == "builtin":
        return []
    # pydantic-ai takes half a second to import, and most installations never get here.
    from agents.llm.providers import model_named  # noqa: PLC0415

    try:
        model_named(settings.MODEL, plan="")
    except ModelNotConfigured as error:
        hint = "Set NETRA_MODEL and its provider's key; agents on this model fail until then."
        return [Warning(error.message, hint=hint, id="netra.W002")]
    return []


@register()
def https_is_believed(**_: Any) -> list[CheckMessage]:
    """Our own server speaks HTTP: that a request came by HTTPS only a proxy can tell."""
    if not settings.IS_HTTPS or settings.TRUST_PROXY:
        return []
    hint = "Set NETRA_TRUST_PROXY=true, behind a proxy that sets X-Forwarded-Proto and -For."
    message = "NETRA_PUBLIC_URL is https://, so every page would lead back to itself for ever."
    return [Error(message, hint=hint, id="netra.E001")]


@register(deploy=True)
def people_can_reach_it(**_: Any) -> list[CheckMessage]:
    if settings.IS_HTTPS:
        return []
    hint = "Set NETRA_PUBLIC_URL=https://…, and end TLS in a proxy."
    return [Warning("Passwords and tokens travel over HTTP.", hint=hint, id="netra.W003")]


@register(deploy=True)
def data_is_shared(**_: Any) -> list[CheckMessage]:
    if not settings.IS_SQLITE:
        return []
    hint = "Set NETRA_DATABASE_URL=postgresql://… to run on several machines."
    return [Warning("SQLite serves one machine.", hint=hint, id="netra.W001")]
