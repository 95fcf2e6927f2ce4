"""What came back from the tools, as their own types."""

from agents.llm.builtin.conversation import Exchange
from agents.tools.costs import CostResult
from agents.tools.patterns import PatternsResult
from agents.tools.performance import PerformanceResult
from agents.tools.results import Result

RESULTS: dict[str, type[Result]] = {
    "analyze_performance": PerformanceResult,
    "analyze_costs": CostResult,
    "usage_patterns": PatternsResult,
}


def result_of(exchange: Exchange) -> Result | None:
    """None for a call that failed, and for one of another tool."""
    kind = RESULTS.get(exchange.tool)
    return exchange.result(kind) if kind else None
