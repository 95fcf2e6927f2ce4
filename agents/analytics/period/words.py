"""The English words that periods are made of, as patterns without groups, and what they count."""

import re

_ONES = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_AMOUNTS: dict[str, float] = {"half": 0.5, "couple": 2, "few": 3, "dozen": 12, "hundred": 100}
_AMOUNTS |= {word: count for count, word in enumerate(_ONES, 1)}
_AMOUNTS |= {word: 10 * count for count, word in enumerate(_TENS, 1)}

NUMBER = (
    r"\d{1,5}|(?:a )?(?:couple(?: of)?|dozen|hundred)|"
    rf"(?:{'|'.join(_TENS[1:])})(?:[- ](?:{'|'.join(_ONES[:9])}))?|{'|'.join(_ONES)}|an?"
)
"""A whole number."""
AMOUNT = rf"\d{{1,5}}\.\d{{1,2}}|(?:a )?few|half(?: an?)?|{NUMBER}"
"""A number that is exact enough for a length of time."""

UNIT = r"(?:second|sec|minute|min|hour|hr|day|week|wk|month|quarter|year)s?|[mhdwy]"
_UNITS = ("second", "minute", "month", "hour", "day", "week", "quarter", "year")

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = (
    r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|"
    r"sat(?:urday)?|sun(?:day)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)

_QUALIFIER = (
    r"input|output|prompt|completion|failed|successful|slow(?:est)?|different|unique|distinct|"
    r"concurrent|parallel|cached|more|new|active|total|or more|or fewer"
)
_THINGS = (
    r"requests?|tokens?|users?|customers?|calls?|rows?|lines?|records?|entries|items?|prompts?|"
    r"messages?|answers?|responses?|completions?|queries|samples?|errors?|failures|models?|"
    r"features?|characters?|chars?|words?|bytes|[km]b|ms|milliseconds?|seconds?|secs?|s|minutes?|"
    r"mins?|hours?|days?|weeks?|months?|years?|times|dollars?|usd|cents?|euros?|eur|percent|"
    r"chunks?|documents?|pages?"
)
COUNTED = rf"(?: ?%| (?:(?:{_QUALIFIER}) )?(?:{_THINGS})\b)"
"""What follows a number that counts things, and so is neither a year nor a day."""
ANY_YEAR = r"(?:199\d|20\d\d|2100)"
YEAR = rf"{ANY_YEAR}(?![.,]?\d|k\b|{COUNTED})"
RECENT_YEAR = r"20(?:1[5-9]|[23]\d)"
"""A year that is one at sight: logs are of these decades, and 2000 and 2048 are sizes."""

TO = r"(?: (?:to|until|till|til|through|thru) | ?(?:-|\u2013|\u2014|\.\.) ?)"
OR_AND = rf"(?:{TO}| and )"


def number(text: str) -> float:
    """What a text that matches AMOUNT counts."""
    if text[0].isdecimal():
        return float(text)
    return sum(_AMOUNTS.get(word, 0) for word in re.split("[- ]", text)) or 1


def unit(text: str) -> str:
    """The unit of time, in the singular, that a text that matches UNIT or begins with one names."""
    short = {"hr": "hour", "wk": "week"}.get(text[:2], text)
    return next(name for name in _UNITS if name.startswith(short[:2]))


def weekday(text: str) -> int:
    """0 for Monday."""
    return _WEEKDAYS.index(text[:3])


def month(text: str) -> int:
    """1 for January."""
    return _MONTHS.index(text[:3]) + 1
