"""Whether a request failed, from its status and its error text, as SQL."""

from agents.analytics.duck import literal
from agents.analytics.schema import LONGEST_TEXT

SUCCEEDED = (
    "ok",
    "success",
    "succeeded",
    "successful",
    "complete",
    "completed",
    "done",
    "finished",
    "passed",
    "true",
    "status_code_ok",
    "status_code_unset",  # OpenTelemetry: nothing went wrong, and nobody said that it went well
    "unset",
)
FAILED = (
    "error",
    "errored",
    "fail",
    "failed",
    "failure",
    "exception",
    "timeout",
    "timed_out",
    "timedout",
    "rate_limited",
    "ratelimited",
    "throttled",
    "rejected",
    "refused",
    "aborted",
    "cancelled",
    "canceled",
    "unavailable",
    "false",
    "status_code_error",
)
FLAG_DOWN = ("false", "f", "no", "n", "0", "0.0")
FLAG_UP = ("true", "t", "yes", "y", "1", "1.0")
YES = (*FLAG_UP, "success", "succeeded", "ok")
NO = (*FLAG_DOWN, "failure", "failed", "error")

NO_ERROR = (
    *FLAG_DOWN,
    *SUCCEEDED,
    "[]",
    "{}",
    "()",
    "''",
    '""',
    "no_error",
    "no_errors",
    "noerror",
    "without_error",
)
"""What an error column says, in lower case with underscores, when there was no error."""


def is_error(status: str | None, unit: str | None, error: str | None) -> str:
    """
    SQL from the cleaned status and the `error_text`, None where the file has no such column.

    A status is an HTTP code (400 and more failed), a word, or a flag. An error text means that the
    request failed, whatever the status says. Without one, a status that is not known decides
    nothing; and where there is no status at all, nothing failed.
    """
    has_error = f"{error} IS NOT NULL" if error else "false"
    if status is None:
        return has_error if error else "CAST(NULL AS BOOLEAN)"
    return f"CASE WHEN {has_error} THEN true ELSE {failed(status, unit)} END"


def failed(status: str, unit: str | None) -> str:
    """SQL: whether a cleaned status alone means failure; NULL where it is not known."""
    code = (
        f"TRY_CAST(regexp_extract({status}, '^(?:HTTP\\S*\\s+)?([1-5]\\d\\d)(?:\\D|$)', 1) AS INT)"
    )
    good, bad = {"success": (YES, NO), "failure": (NO, YES)}.get(unit or "", (SUCCEEDED, FAILED))
    return (
        f"CASE WHEN {code} IS NOT NULL THEN {code} >= 400 "
        f"WHEN {_word(status)} IN {words(good)} THEN false "
        f"WHEN {_word(status)} IN {words(bad)} THEN true END"
    )


def error_text(cell: str) -> str:
    """SQL for the text of an error; a flag that is down, or a word for success, is none."""
    is_code = f"regexp_matches({cell}, '^[23]\\d\\d( OK)?$')"
    return (
        f"CASE WHEN {_word(cell)} NOT IN {words(NO_ERROR)} AND NOT {is_code} "
        f"THEN left({cell}, {LONGEST_TEXT}) END"
    )


def words(spelled: tuple[str, ...]) -> str:
    """An SQL list of texts."""
    return "(" + ", ".join(map(literal, spelled)) + ")"


def _word(cell: str) -> str:
    return f"replace(replace(lower({cell}), ' ', '_'), '-', '_')"
