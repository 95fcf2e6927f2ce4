"""All tools that there are; importing this module registers those that Netra ships."""

from collections.abc import Mapping
from importlib import import_module

from django.conf import settings

from agents.tools.base import REGISTRY, Tool
from agents.tools.costs import analyze_costs
from agents.tools.inspect_data import inspect_data
from agents.tools.patterns import usage_patterns
from agents.tools.performance import analyze_performance
from agents.tools.sessions import analyze_sessions

SHIPPED = (inspect_data, analyze_performance, analyze_costs, usage_patterns, analyze_sessions)


def load_tools() -> tuple[Tool, ...]:
    """The shipped tools, in the order in which an analysis uses them."""
    return tuple(REGISTRY[function.__name__] for function in SHIPPED)


def installed_tools() -> Mapping[str, Tool]:
    """
    Every tool by its name, those of extensions included: they are imported now if need be.

    The model providers of extensions are registered by it too.
    """
    for extension in settings.EXTENSIONS:
        import_module(extension)
    return REGISTRY
