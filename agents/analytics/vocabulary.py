"""Words of questions about usage logs: they name no value of the data by themselves."""

from typing import Literal

LABELS: dict[Literal["model", "feature", "user", "error"], frozenset[str]] = {
    "model": frozenset({"model"}),
    "feature": frozenset({"feature"}),
    "user": frozenset({"user", "customer"}),
    "error": frozenset({"error"}),
}
"""The words for a column; beside one any word can be a value, but "all users" names none."""

ANY_ONE = frozenset({"a", "an", "any", "by", "each", "every", "per", "top", "what", "which"})
"""Before "feature" they say that no certain one is meant: "which feature costs most"."""

TIME_UNITS = frozenset(
    {"second", "minute", "hour", "day", "week", "weekday", "month", "quarter", "year"}
)

_COMMON = """
a all an analysis and any average busy by call change cost count data error expensive fail
failed failure fast feature for from how in input is it last latency long many max maximum mean
median min minimum model money most much new none of on or other output overview p50 p95 p99
peak per percent performance price prompt question rate repeat report request response save
show slow speed spend status summary test the time to token top total traffic trend unknown
usage use user what when which who
"""
VOCABULARY = TIME_UNITS | frozenset(_COMMON.split())
"""In the singular."""

_STOPS = """
base chat code coder fast instruct large latest lite medium micro nano preview pro small text
vision
"""
FAMILY_STOPS = frozenset(_STOPS.split())
"""Parts of model names that are no family: they begin no name, but may stand inside of one."""


def singular(word: str) -> str:
    """`queries` as `query`, `batches` as `batch`, `chats` as `chat`; `status` stays."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
