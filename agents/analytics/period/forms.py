"""The ways to name a period: a length, a moment, or an interval between moments."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agents.analytics.period.log import DAY, INSTANT, LENGTHS, Log, Span, day_of, midnight
from agents.analytics.period.moments import (
    CLOCK_FIRST,
    DATED,
    DATED_DAY,
    DAY_NAME,
    HOURS,
    MOMENT,
    PERIOD_NAME,
    RELATIVE_DAY,
    hours_on,
    span_of,
)
from agents.analytics.period.senses import (
    COMPARES,
    DIFFERS,
    DOUBTFUL,
    DOUBTFUL_NUMBER,
    DOUBTFUL_YEAR,
    bounded,
)
from agents.analytics.period.words import AMOUNT, MONTH, OR_AND, TO, UNIT, number, unit

Rule = Callable[[re.Match[str], Log], Span]
_BEFORE = "before|earlier than|prior to"
_AFTER = "after|later than"


@dataclass(frozen=True, slots=True)
class Form:
    """A way to name a period."""

    words: str
    interval: Rule
    in_questions: bool = True  # means a period in any sentence; "7 days" does not
    unless: str | None = None  # found in a question in which it means something else

    @property
    def pattern(self) -> re.Pattern[str]:
        return bounded(self.words)

    def is_in(self, question: str) -> bool:
        """Whether the form, if it is found in a question, names a period."""
        means_another = self.unless and bounded(self.unless).search(question)
        return self.in_questions and not means_another


def _rolling(match: re.Match[str], log: Log) -> Span:
    count = number(match.groupdict().get("count") or "one")
    return Span(log.end - count * LENGTHS[unit(match["unit"])], log.end, is_relative=True)


def _from_first(match: re.Match[str], log: Log) -> Span:
    count = number(match.groupdict().get("count") or "one")
    return Span(log.first, log.first + count * LENGTHS[unit(match["unit"])])


def _day_before(match: re.Match[str], log: Log) -> Span:
    return day_of(log.last - 2 * DAY, is_relative=True)


def _since_ago(match: re.Match[str], log: Log) -> Span:
    length = LENGTHS[unit(match["unit"])]
    start = log.last - number(match["count"]) * length
    return Span(midnight(start) if length >= DAY else start, log.end, is_relative=True)


def _since(match: re.Match[str], log: Log) -> Span:
    # After the last row it is a period without rows, which can be said; not a wrong one.
    span = span_of(match["moment"], log)
    start = _start(match["word"], span)
    return Span(start, max(log.end, start + INSTANT), span.is_relative)


def _from(match: re.Match[str], log: Log) -> Span:
    """From Monday on, but the whole of "from November", and no more than "from yesterday"."""
    span = span_of(match["moment"], log)
    is_whole = re.fullmatch(RELATIVE_DAY, match["moment"]) or span.end - span.start > DAY
    return span if is_whole else _since(match, log)


def _until(match: re.Match[str], log: Log) -> Span:
    span = span_of(match["moment"], log)
    end = _end(match["end"], span)
    return Span(min(log.first, end - INSTANT), end, span.is_relative)


def _between(match: re.Match[str], log: Log) -> Span:
    words = match.groupdict(default="")
    last = span_of(words["other"], _reach(words["moment"], words["other"], log))
    first = span_of(words["moment"], log.names_until(last.start))
    start, end = _start(words.get("word", ""), first), _end(words.get("end", ""), last)
    return Span(start, end, first.is_relative or last.is_relative)


def _reach(moment: str, other: str, log: Log) -> Log:
    """Up to when `other` may be: what it leaves out, the year or the month, is that of `moment`."""
    has_month, has_year = re.search(rf"\b(?:{MONTH})\b", other), re.search(r"\d{4}", other)
    if has_month and not has_year and re.search(r"\d{4}", moment):
        reach = 364 * DAY
    elif re.fullmatch(r"(?:the )?\d{1,2}[a-z]{2}", other):
        reach = 27 * DAY
    else:
        return log
    return log.names_until(min(span_of(moment, log).start + reach, log.last))


def _start(word: str, span: Span) -> datetime:
    return span.end if re.fullmatch(_AFTER, word) and span.has_days else span.start


def _end(word: str, span: Span) -> datetime:
    # "to 2026-11-07" includes that day; "to 12:00" ends there.
    return span.end if span.has_days and not re.fullmatch(_BEFORE, word) else span.start


def _hours(match: re.Match[str], log: Log) -> Span:
    return hours_on(match["day"], match["hours"], log)


def _on(match: re.Match[str], log: Log) -> Span:
    return span_of(match["moment"], log)


LAST = r"(?:the )?(?:last|past|previous|latest|most recent)"
_COUNT, _UNIT = rf"(?P<count>{AMOUNT})", rf"(?P<unit>{UNIT})"
_LONG_UNIT = r"(?P<unit>week|month|quarter|year)"
_MOMENT, _OTHER = f"(?P<moment>{MOMENT})", f"(?P<other>{MOMENT})"
_SINCE = r"since|starting(?: from| on| in| at| with)?|beginning(?: on| in| at| with)?"
_NOW = r"(?:now|the present|present|the end(?: of the (?:log|data))?)"
_ISO = r"\d{4}-\d\d?-\d\d?(?:[t ]\d\d?:\d\d(?::\d\d)?z?)?"
_IN = "on|in|during|throughout|over|for|of"

FORMS: tuple[Form, ...] = (
    # a moment
    Form(rf"(?!{DOUBTFUL}){_MOMENT}", _on),
    Form(rf"(?:on|in|during) (?P<moment>{DATED})", _on),
    Form(rf"(?:for|of|throughout|over) (?!{DOUBTFUL_NUMBER})(?P<moment>{DATED})", _on),
    Form(rf"(?:at )?(?P<moment>{CLOCK_FIRST})", _on),
    # a length
    Form(rf"{LAST} {_COUNT} ?{_UNIT}", _rolling),
    Form(rf"{LAST} (?P<unit>minute|hour|day)", _rolling),
    Form(rf"(?:the )?(?:past|latest|most recent) {_LONG_UNIT}", _rolling),
    Form(rf"(?:over|in|during|within|throughout|for|across) the last {_LONG_UNIT}", _rolling),
    Form(rf"(?:the )?{_COUNT} ?{_UNIT}", _rolling, in_questions=False),
    Form(rf"(?:the )?first {_COUNT} ?{_UNIT}", _from_first),
    Form(r"(?:the )?first (?P<unit>minute|hour|day|week|month)", _from_first),
    # an interval between two moments
    Form(rf"(?:from|since) {_MOMENT}{TO}{_OTHER}", _between, unless=COMPARES),
    Form(rf"between {_MOMENT}{OR_AND}{_OTHER}", _between, unless=DIFFERS),
    Form(
        rf"(?:(?:from|since|between|{_IN}) )?"
        rf"(?P<moment>{DATED_DAY}){TO}(?P<other>{DATED_DAY})",
        _between,
    ),
    Form(
        rf"(?:(?:{_IN}) )?(?!{DOUBTFUL})(?P<moment>{DATED}){TO}"
        rf"(?P<other>{PERIOD_NAME}|{RELATIVE_DAY})",
        _between,
        unless=COMPARES,
    ),
    Form(rf"(?P<moment>{_ISO})/(?P<other>{_ISO})", _between),
    Form(
        rf"(?P<word>since|from|{_AFTER}) {_MOMENT},? (?:and |but )?"
        rf"(?P<end>{_BEFORE}|until|till|up to) {_OTHER}",
        _between,
    ),
    Form(rf"(?:on |from )?(?P<day>{DAY_NAME}),? (?P<hours>{HOURS})", _hours),
    Form(rf"(?P<hours>{HOURS}),?(?: on| of)? (?P<day>{DAY_NAME})", _hours),
    # from a moment, or up to one
    Form(rf"since {_COUNT} {_UNIT} ago", _since_ago),
    Form(rf"(?P<word>from|since|between) {_MOMENT}{OR_AND}{_NOW}", _since),
    Form(rf"(?P<word>{_SINCE}|{_AFTER}) (?P<moment>{MOMENT}|{CLOCK_FIRST})", _since),
    Form(rf"(?P<word>from |){_MOMENT} (?:onwards?|forwards?)", _since),
    Form(rf"(?P<word>from) {_MOMENT}", _from),
    Form(rf"(?P<end>{_BEFORE}|until|till|til|up to|through) (?!{DOUBTFUL_YEAR}){_MOMENT}", _until),
    # what means a period where one is asked for, though not in any sentence
    Form(rf"(?:(?:{_IN}) )?(?:the )?{_MOMENT}", _on, in_questions=False),
    Form(rf"{_MOMENT}{TO}{_OTHER}", _between, in_questions=False),
    Form(r"(?:the )?day before(?: that)?", _day_before, in_questions=False),
)
