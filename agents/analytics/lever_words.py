"""What is said of each lever: which requests it touches, what is assumed, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.analytics.batch import BatchOption
from agents.analytics.duck import literal
from agents.analytics.overlap import Weight
from agents.analytics.prefixes import Prefix
from agents.analytics.priced import FEATURE, Basis
from agents.analytics.retries import RETRY_SECONDS
from agents.analytics.switching import Switch
from agents.analytics.wording import counted, listing


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a lever beside its figures."""

    title: str
    base: str
    condition: str | None  # SQL over the columns of `schema`
    assumptions: list[str]
    evidence: str
    next_step: str


_SUCCEEDED = "is_error IS NOT TRUE"
_COSTS: Mapping[Basis, str] = {
    "log": "cost_usd > 0",
    "prices": "coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > 0",
}


def _of(feature: str) -> str:
    return f"{FEATURE} = {literal(feature)}"


def failed(weight: Weight, basis: Basis, *, singles: bool) -> Words:
    if not singles:
        low = "Which failures could be avoided cannot be said of sums of requests; perhaps none."
    elif basis == "log":
        low = (
            "At least retries that failed again within "
            f"{RETRY_SECONDS} seconds can be avoided, at most all failures."
        )
    else:
        low = (
            "Providers often charge nothing for a request that fails; the log does not tell, so "
            "the saving may be 0."
        )
    return Words(
        title="Do not pay for requests that fail",
        base="requests that failed and whose cost is not 0",
        condition=f"is_error AND {_COSTS[basis]}",
        assumptions=[low],
        evidence=f"{counted(weight.requests, 'failed request')} have a cost.",
        next_step="Group them by error, and limit retries of those that cannot succeed.",
    )


def repeated(weight: Weight) -> Words:
    return Words(
        title="Answer repeated requests from a cache",
        base="successful requests with the prompt and model of an earlier answer, at most a day "
        "after it was last used",
        condition=None,
        assumptions=[
            "An answer given before still is a good one; prompts are equal, other parameters such "
            "as the temperature are not in the log.",
            "The cautious end keeps answers for an hour and only for the same user, the "
            "favourable end for a day and for everybody.",
        ],
        evidence=f"{counted(weight.requests, 'request')} repeat an answer of the last day.",
        next_step="Keep answers by prompt and model for an hour where they do not depend on the "
        "user, and watch the hit rate and complaints.",
    )


def unread(weight: Weight) -> Words:
    return Words(
        title=f"Do not write to the cache what nobody reads ({weight.name})",
        base=f"requests to {weight.name} that wrote to the prompt cache and were followed by no "
        "read while it was kept",
        condition=None,
        assumptions=[
            "The cautious end counts writes that no request of the feature and model read in "
            "time, the favourable end those that their own conversation did not.",
            "A write is kept for 5 minutes, one for an hour for an hour; what is not written costs "
            "as other input.",
        ],
        evidence=f"{counted(weight.requests, 'request')} wrote what was not read in time.",
        next_step="Set the cache marker only on what the next request sends again.",
    )


def prefixed(prefix: Prefix) -> Words:
    row, rule = prefix.row, prefix.rule
    cached, most = row["cached"] / row["input_tokens"], row["high_tokens"] / row["input_tokens"]
    return Words(
        title=f"Let {prefix.feature} read more from the prompt cache of {prefix.model}",
        base=f"successful requests of {prefix.feature} to {prefix.model}",
        condition=f"{_of(prefix.feature)} AND model = {literal(prefix.model)} AND {_SUCCEEDED}",
        assumptions=[
            "How prompts begin is not in the log. The cautious end counts equal prompts and "
            "sessions whose prompt grew by the answer in between, the favourable end takes each "
            "prompt of a conversation to begin with the one before it.",
            f"A prefix needs {rule.minimum:,} tokens and the next request within "
            f"{rule.seconds // 60} minutes ({rule.source}); what has to be written for it is paid.",
        ],
        evidence=f"{cached:.1%} of the input tokens are read from it now; it could be {most:.1%}.",
        next_step="Put what is the same in every prompt at its beginning, and turn the cache on "
        "where the provider asks for it.",
    )


def batched(option: BatchOption) -> Words:
    return Words(
        title=f"Send {option.feature} in batches",
        base=f"successful requests of {option.feature} that are not in a batch or the flex tier",
        condition=f"{_of(option.feature)} AND {_SUCCEEDED}"
        " AND lower(coalesce(tier, 'standard')) NOT IN ('batch', 'flex')",
        assumptions=[
            "Nobody waits for the answers: a batch may take a day. The log cannot show that; "
            f"signs are: {listing(option.signs)}.",
            "The cautious end is 0 unless every sign that the log can show points to it.",
            "The provider's published batch prices of today.",
        ],
        evidence=f"{len(option.signs)} of {len(option.signs_known)} signs that the log can show "
        "point to nobody waiting.",
        next_step="Ask who uses it whether an answer by tomorrow is early enough; if minutes are, "
        "take the flex tier where there is one.",
    )


def switched(switch: Switch) -> Words:
    if switch.share_of_other_model:
        reason = (
            f"{switch.other_model} already answers {switch.share_of_other_model:.1%} of this "
            "feature's requests."
        )
    elif switch.other_from == "log":
        reason = f"95 % of the answers have at most {switch.output_p95:,.0f} tokens."
    else:
        reason = (
            f"{switch.other_model} is on {switch.other_provider}'s price list; the log has no use "
            "of it."
        )
    return Words(
        title=f"Move the shorter requests of {switch.feature} from {switch.model} to "
        f"{switch.other_model}",
        base=f"successful requests of {switch.feature} to {switch.model} with at most "
        f"{switch.input_up_to:,} input and {switch.output_up_to:,} output tokens, "
        f"{switch.share_of_requests:.1%} of them",
        condition=f"{_of(switch.feature)} AND model = {literal(switch.model)} AND {_SUCCEEDED}"
        f" AND input_tokens <= {switch.input_up_to} AND output_tokens <= {switch.output_up_to}",
        assumptions=switch.assumptions,
        evidence=reason,
        next_step="Send a tenth of these requests there, compare the answers on a sample of at "
        "least a hundred, and then move the rest.",
    )
