"""Rows with what came before and after: the same prompt, a failed attempt, the conversation."""

from agents.analytics.duck import select
from agents.analytics.table import LOG

ENDED = "timestamp + to_microseconds(CAST(coalesce(latency_ms, 0) * 1000 AS BIGINT))"  # where known
CONVERSATION = "coalesce(session_id, user_id)"
"""Without sessions the requests of a user to a feature and a model are taken for one."""

CLOCKS = (300, 3600, 86_400)  # seconds

_SUCCESS = f"if(is_error IS NOT TRUE, {ENDED}, NULL)"
_READ_AT = "if(cached_tokens > 0, timestamp, NULL)"
_ATTEMPT = "coalesce(prompt_hash, model || ' ' || input_tokens)"

_BEFORE = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
_AFTER = "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING"


def _over(partition: str, frame: str = "") -> str:
    # Sorting by a number takes a third of the time that sorting by texts does; among a million
    # rows two keys have the same 64 bits with a probability of 3 in 100 million.
    return f"OVER (PARTITION BY hash({partition}) ORDER BY timestamp {frame})"


def _last(value: str, partition: str) -> str:
    return f"last_value({value} IGNORE NULLS) {_over(partition, _BEFORE)}"


_SAME = "model, prompt_hash"
_OWN = "model, prompt_hash, user_id"
_TALK = f"{CONVERSATION}, feature, model"
_TRIES = f"user_id, feature, {_ATTEMPT}"

_COLUMNS = {
    "ended": ENDED,
    # When the first and the last answer to the same prompt by the same model are there: requests
    # that overlap may end after this one begins, though an older answer is there.
    "first_answered": f"min({_SUCCESS}) {_over(_SAME, _BEFORE)}",
    "answered": _last(_SUCCESS, _SAME),
    # The same of the same user's requests.
    "own_first": f"min({_SUCCESS}) {_over(_OWN, _BEFORE)}",
    "own_answered": _last(_SUCCESS, _OWN),
    # The first answer to requests since the clock last passed so many seconds.
    **{
        f"answered_in_{seconds}": f"min({_SUCCESS})"
        f" {_over(f'{_SAME}, floor(epoch(timestamp) / {seconds})', _BEFORE)}"
        for seconds in CLOCKS
    },
    # The attempt before at the same request of the same user; the model may be another one.
    "attempt": _ATTEMPT,
    "tried": f"lag(timestamp) {_over(_TRIES)}",
    "tried_ended": f"lag({ENDED}) {_over(_TRIES)}",
    "tried_failed": f"lag(is_error) {_over(_TRIES)}",
    # The request before in the same conversation.
    "talk_ended": f"lag({ENDED}) {_over(_TALK)}",
    "talk_input": f"lag(input_tokens) {_over(_TALK)}",
    "talk_output": f"lag(output_tokens) {_over(_TALK)}",
    # The next request that reads anything from the cache.
    "talk_read": f"first_value({_READ_AT} IGNORE NULLS) {_over(_TALK, _AFTER)}",
    "feature_read": f"first_value({_READ_AT} IGNORE NULLS) {_over('feature, model', _AFTER)}",
}


def traced(*names: str) -> str:
    """
    SQL of a relation: the rows of the log with these of the columns above.

    They are computed only if they are named; each group of them costs a sort of all rows.
    """
    return f"({select(['*', *(f'{_COLUMNS[name]} AS {name}' for name in names)], LOG)})"
