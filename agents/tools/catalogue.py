"""All tools that Netra ships; importing this module fills the registry."""

from agents.tools.base import REGISTRY, Tool
from agents.tools.costs import analyze_costs
from agents.tools.inspect_data import inspect_data
from agents.tools.patterns import usage_patterns
from agents.tools.performance import analyze_performance

SHIPPED = (inspect_data, analyze_performance, analyze_costs, usage_patterns)


def load_tools() -> tuple[Tool, ...]:
    """The shipped tools, in the order in which an analysis uses them."""
    return tuple(REGISTRY[function.__name__] for function in SHIPPED)
