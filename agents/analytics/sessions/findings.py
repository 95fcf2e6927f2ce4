"""What an analysis of sessions says: findings with their evidence, sums, and what is not known."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from agents.analytics.figures import Figure, Ratio
from agents.analytics.money import Usd
from agents.analytics.sessions.repeats import Confidence

Kind = Literal["repeated_read", "repeated_failure", "cache_miss", "oversized_result"]

MOST_EVIDENCE = 4  # places that a finding names


class Evidence(BaseModel):
    """Where in the file it stands, such as "line 12"."""

    place: str
    what: str
    timestamp: datetime | None = None  # UTC


class Finding(BaseModel):
    """
    Something that cost more than it had to.

    `tokens` entered the context, or of a cache miss: were paid as new input; `carried_tokens` were
    sent again by later requests because the context held them. `cost_usd` is for both, at published
    prices; None where one of the requests cannot be priced. `confidence`: how sure it is that they
    could have been spared.
    """

    kind: Kind
    session: str | None
    agent: str
    tool: str | None = None
    target: str | None = None
    times: int
    tokens: int
    carried_tokens: int
    cost_usd: Usd | None
    confidence: Confidence
    problem: str
    fix: str
    evidence: list[Evidence]


class KindTotal(BaseModel):
    """
    All findings of a kind, listed or not. `cost_usd` is that of all but `unpriced` of them.

    Each result counts in one kind only: a repeated read or failure is no oversized result.
    """

    kind: Kind
    findings: int
    tokens: int
    carried_tokens: int
    cost_usd: Usd
    unpriced: int


class Total(BaseModel):
    """
    All kinds together, without overlap: what a result cost beside a cache miss is counted as if the
    cache had worked, and the miss has all of its own cost.

    `spared_tokens` need not have been sent, `missed_tokens` had to be but not at the full price.
    `sure_usd` leaves out what may have been needed: oversized results, and findings of low
    confidence. `share_of_cost` is `cost_usd` of `sessions_usd`.
    """

    spared_tokens: int
    missed_tokens: int
    sure_usd: Usd
    cost_usd: Usd
    unpriced_findings: int
    sessions_usd: Usd  # all requests with a known price
    unpriced_requests: int
    share_of_cost: Ratio | None


class Growth(BaseModel):
    """
    How the context of one session, or of an agent in it, grew.

    `sent_tokens` is the input of all requests, cached or not, `new_tokens` what was new in it:
    the first prompt and each growth. `amplification` is the one by the other, None below five
    requests. `compactions` are those the log names, `cuts` those it does not: the prompt fell to
    less than half.
    """

    session: str | None
    agent: str
    requests: int
    first_prompt_tokens: int
    largest_prompt_tokens: int
    sent_tokens: int
    new_tokens: int
    amplification: Figure | None
    cached_share: Ratio | None  # of the sent tokens
    compactions: int
    cuts: int
    cost_usd: Usd | None


class Unlogged(BaseModel):
    """
    The beginning of each prompt that no line holds: system prompt, tool definitions, memory files.

    `tokens` is the median over sessions of the first prompt without what the log has of it;
    `sent_tokens` what that makes with every request of theirs, and `cost_usd` what was paid for
    that, None where one of them cannot be priced. It is no finding: what of it was needed, no log
    says.
    """

    sessions: int
    tokens: int
    sent_tokens: int
    cost_usd: Usd | None


class ModelUse(BaseModel):
    """`share_of_cost` is None where the model has no known price."""

    model: str
    agent: str
    requests: int
    input_tokens: int
    output_tokens: int
    cached_share: Ratio | None
    cost_usd: Usd | None
    share_of_cost: Ratio | None
