"""How contexts grew, what of them no log holds, and which models were used."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

from agents.analytics.sessions.conversation import Conversation, Turn
from agents.analytics.sessions.findings import Growth, ModelUse, Unlogged

FEWEST_REQUESTS = 5  # for the amplification; fewer say nothing of a habit
CHARACTERS_PER_TOKEN = 4
MAIN = "main"
UNNAMED = "(none)"


def growth(conversation: Conversation) -> Growth | None:
    """
    None where the log has no tokens of it.

    Sent are the inputs C_k of all requests; new is C_1 + sum of max(C_k - C_(k-1), 0). For equal
    steps the amplification sum C_k / new grows as (n + 1) / 2.
    """
    turns = [turn for turn in conversation.turns if turn.input_tokens is not None]
    if not turns:
        return None
    sizes = [turn.input_tokens or 0 for turn in turns]
    new = sizes[0] + sum(max(size - last, 0) for last, size in pairwise(sizes))
    is_enough = len(turns) >= FEWEST_REQUESTS and new
    befores = [turn.before for turn in conversation.turns]
    return Growth(
        session=turns[0].session_id,
        agent=turns[0].agent,
        requests=len(conversation.turns),
        first_prompt_tokens=sizes[0],
        largest_prompt_tokens=max(sizes),
        sent_tokens=sum(sizes),
        new_tokens=new,
        amplification=sum(sizes) / new if is_enough else None,
        cached_share=_cached(turns),
        compactions=befores.count("compacted") + befores.count("cleared"),
        cuts=befores.count("fell"),
        cost_usd=total_cost(turns),
    )


def unlogged(conversations: Iterable[Conversation]) -> Unlogged | None:
    """Of sessions whose first request is in the log and tells its tokens."""
    sizes, sent = [], 0
    cost: Decimal | None = Decimal(0)
    for conversation in conversations:
        first = conversation.first
        if first.agent != MAIN or first.input_tokens is None or first.before is not None:
            continue
        size = max(first.input_tokens - round(first.text_characters / CHARACTERS_PER_TOKEN), 0)
        sizes.append(size)
        for turn in conversation.turns:
            beginning = min(size, turn.input_tokens or 0)
            sent += beginning
            paid = turn.price(0, beginning)
            cost = None if cost is None or paid is None else cost + paid
    if not sizes:
        return None
    middle = round(statistics.median(sizes))
    return Unlogged(sessions=len(sizes), tokens=middle, sent_tokens=sent, cost_usd=cost)


def model_mix(turns: Iterable[Turn], most: int) -> list[ModelUse]:
    """Each model in each kind of agent, the most expensive first."""
    groups: defaultdict[tuple[str, str], list[Turn]] = defaultdict(list)
    for turn in turns:
        groups[turn.model or UNNAMED, turn.agent].append(turn)
    costs = {key: total_cost(of_key) for key, of_key in groups.items()}
    total = sum((cost for cost in costs.values() if cost is not None), Decimal(0))
    uses = [
        ModelUse(
            model=model,
            agent=agent,
            requests=len(of_key),
            input_tokens=sum(turn.input_tokens or 0 for turn in of_key),
            output_tokens=sum(turn.output_tokens or 0 for turn in of_key),
            cached_share=_cached(of_key),
            cost_usd=cost,
            share_of_cost=float(cost / total) if cost is not None and total else None,
        )
        for (model, agent), of_key in groups.items()
        for cost in [costs[model, agent]]
    ]
    return sorted(uses, key=_order)[:most]


def total_cost(turns: Sequence[Turn]) -> Decimal | None:
    """Of the requests with a known price; None where there is none."""
    known = [cost for turn in turns if (cost := turn.cost_usd) is not None]
    return sum(known, Decimal(0)) if known else None


def _order(use: ModelUse) -> tuple[Decimal, int, str]:
    return -(use.cost_usd or Decimal(0)), -use.input_tokens, use.model


def _cached(turns: Sequence[Turn]) -> float | None:
    known = [turn for turn in turns if turn.cached_tokens is not None and turn.input_tokens]
    sent = sum(turn.input_tokens or 0 for turn in known)
    return sum(turn.cached_tokens or 0 for turn in known) / sent if sent else None
