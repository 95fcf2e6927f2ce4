"""What words about time mean when they name no period."""

import re
from functools import cache

from agents.analytics.period.words import COUNTED, MONTH, TO, WEEKDAY

_WORDS = "march|mar|sep|dec|wed|sat|sun"  # without a capital
_TO_NAME = rf"{TO}(?:{MONTH})\b"
_NEXT_NAME = rf"(?:{TO}| (?:and|or|vs) )(?:{MONTH}|{WEEKDAY})\b"
DOUBTFUL_YEAR = r"(?:199\d|200\d|201[0-4]|20[4-9]\d|2100)(?! ?[-/.]\d|[ -]?[qw]\d)"
DOUBTFUL_NUMBER = rf"(?:\d{{1,2}}/\d{{1,2}}(?![/\d])|{DOUBTFUL_YEAR})"
"""A fraction or a size, unless "in" or "on" stands before it."""
DOUBTFUL = (
    rf"(?:(?-i:may)\b(?! \d{{4}}| \d{{1,2}}(?:st|nd|rd|th)|{_TO_NAME})"
    r"|\d{1,2} (?-i:may)\b(?!,? \d{4})"
    r"|(?<![a-z,] )(?-i:May)\b(?! \d)"  # at the beginning of a sentence
    rf"|(?-i:{_WORDS})\b(?!\.? \d|{_NEXT_NAME})|jan's"
    r"|(?:0?\d|1[0-2])/(?:0?\d|1[0-2])(?![/\d])|(?:1[3-9]|2\d|3[01])/(?:1[3-9]|2\d|3[01])(?![/\d])"
    rf"|(?:the )?(?:1st|2nd|3rd)\b(?!(?: of)? (?:{MONTH}))"
    rf"|(?<!and )(?<!, )(?<!or )(?<!vs )\d{{1,2}}th\b(?!(?: of)? (?:{MONTH})| ?-| to )"
    rf"|{DOUBTFUL_YEAR})"
)
"""What is a date only after a word such as "in" or "on"; names are in doubt without a capital."""

COMPARES = r"compar\w*|versus|vs|against|relative|differ\w*|chang\w*|grow\w*|grew|\w+creased?"
DIFFERS = r"differ\w*|chang\w*|gap|compared"
"""Found in questions in which "October to November" are two periods."""


@cache  # the patterns are large: 0.2 s for all of them, which only the first question waits
def bounded(pattern: str) -> re.Pattern[str]:
    """What `pattern` matches as words of their own: not in `gpt-4o-2024-08-06` or `may.csv`."""
    return re.compile(
        rf"(?<![\w@$\u20ac\u00a3#-])(?<!\w\.)(?<!\d/)(?:{pattern})(?!\w|[-.:]\w|[/+]\d)",
        re.IGNORECASE | re.ASCII,
    )


_UNITS = "seconds?|minutes?|hours?|days?|weekdays?|weeks?|months?|quarters?|years?"
_ORDINAL = r"\d+(?:st|nd|rd|th)"
OTHER = (
    # what counts: "2000 to 4000 tokens"
    rf"(?:(?:from|between|of|in|for) )?\d[\d.,]*k?(?: (?:to|and|or) | ?- ?)\d[\d.,]*k?{COUNTED}",
    # groups and rates
    rf"(?:by|per|each|every|an?|which|what) (?:the )?(?:{_UNITS})(?: of (?:the )?(?:{_UNITS}))?",
    r"(?:time|hour)s? of (?:the )?day",
    r"(?:three|a) quarters?(?: of)?",
    rf"(?:the )?{_ORDINAL}(?:(?:,? (?:and|or|to) |, ?|/)(?:the )?{_ORDINAL})* "
    "(?:percentile|quantile)s?",
    # politeness
    r"good (?:morning|afternoon|evening|night|day)",
    r"may (?:i|we|you|they|it|he|she|the|be|not|have|also|well|need|want)",
    r"24/7",
)
