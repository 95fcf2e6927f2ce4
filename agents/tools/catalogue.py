"""All tools that there are; importing this module registers those that Netra ships."""

from collections.abc import Mapping
from importlib import import_module

from django.conf import settings

from agents.tools.anomalies import find_anomalies
from agents.tools.base import REGISTRY, Tool
from agents.tools.caching import analyze_caching
from agents.tools.correlation import correlate
from agents.tools.costs import analyze_costs
from agents.tools.errors import analyze_errors
from agents.tools.forecast import forecast_usage
from agents.tools.inspect_data import inspect_data
from agents.tools.models import compare_models
from agents.tools.patterns import usage_patterns
from agents.tools.performance import analyze_performance
from agents.tools.query_data import query_data
from agents.tools.savings import find_savings
from agents.tools.sessions import analyze_sessions
from agents.tools.trends import analyze_trends

SHIPPED = (
    inspect_data,
    analyze_performance,
    analyze_costs,
    usage_patterns,
    analyze_trends,
    find_anomalies,
    correlate,
    forecast_usage,
    compare_models,
    analyze_caching,
    analyze_errors,
    find_savings,
    analyze_sessions,
    query_data,
)


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
