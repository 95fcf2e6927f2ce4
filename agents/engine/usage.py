"""What a run used, summed over its model responses."""

from collections.abc import Iterable
from decimal import Decimal

from pydantic_ai.messages import ModelMessage, ModelResponse

from agents.events import Usage


def usage_of(messages: Iterable[ModelMessage]) -> Usage:
    """Tokens and US dollars; no cost if the price of any response that used tokens is unknown."""
    responses = [message for message in messages if isinstance(message, ModelResponse)]
    input_tokens = sum(response.usage.input_tokens for response in responses)
    output_tokens = sum(response.usage.output_tokens for response in responses)
    costs = [cost_of(response) for response in responses]
    known = [cost for cost in costs if cost is not None]
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost_usd=str(sum(known, Decimal(0))) if len(known) == len(costs) else None,
    )


def cost_of(response: ModelResponse) -> Decimal | None:
    """In US dollars: as the provider reported it, else by published prices, else unknown."""
    used = response.usage
    if used.cost is not None:
        return used.cost
    if not used.input_tokens and not used.output_tokens:
        return Decimal(0)
    try:
        return response.cost().total_price
    except (LookupError, ValueError):
        return None
