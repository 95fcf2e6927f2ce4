"""Words about time that no form of a period understands, so that it can be said."""

from agents.analytics.period.forms import LAST
from agents.analytics.period.moments import CLOCK, DATED, LOOSE_CLOCK, RELATIVE, RELATIVE_DAY
from agents.analytics.period.words import AMOUNT, COUNTED, MONTH, NUMBER, OR_AND, TO, WEEKDAY

_UNIT = "hour|day|night|morning|evening|afternoon|week|weekend|month|quarter|year"
_FULL_WEEKDAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_FULL_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)
_SEASON = "summer|autumn|fall|winter|spring"
_PART = (
    "(?:very )?(?:start|beginning|end|middle|rest|first half|second half|last half|half)|"
    rf"(?:first|second|third|fourth|last|final) (?:(?:{NUMBER}|few) )?(?:hour|day|week|weekend)s?"
)
_WHOLE = (
    rf"(?:{DATED}|{RELATIVE}|{RELATIVE_DAY}"
    "|(?:(?:the|that|each|every) )?(?:day|week|month|quarter|year))"
)
_PREPOSITION = "(?:since|from|until|till|by|at|in|on|during|before|after|for|towards?) "
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_ORDINAL = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last"
_DAYTIME = (
    "mornings?|afternoons?|evenings?|nights?|nighttime|daytime|noon|midday|midnight|"
    "lunch(?: ?time)?|(?:business|office|working|work) hours"
)

UNREAD = (
    # parts of a day, and times of day without a day
    rf"(?:(?:this|that|last|late|early|each|every|in the|at|on) )*(?:{_DAYTIME})|tonight|overnight",
    rf"(?:{_PREPOSITION}|between )?{CLOCK}",
    rf"(?:(?:from|between) )?{CLOCK}{OR_AND}{LOOSE_CLOCK}",
    rf"(?:(?:from|between) )?{LOOSE_CLOCK}{OR_AND}{CLOCK}",
    r"(?:at )?\d{1,2} o'?clock",
    # parts of longer periods
    rf"(?:{_PREPOSITION})?(?:the )?(?:{_PART}) of {_WHOLE}",
    rf"(?:{_PREPOSITION})?(?:the )?(?:early|late|mid)(?: in)?[ -]?(?:{_WHOLE}|{MONTH})",
    rf"(?:all|(?:the |an )?(?:whole|entire|full)) (?:{_UNIT})",
    # days in a list, and in words
    rf"(?:{_PREPOSITION})?(?:{MONTH})\.? {_DAY}(?:, ?{_DAY})*,? and {_DAY}(?!{COUNTED})",
    rf"(?:{_PREPOSITION})?(?:the )?{_DAY}(?:, ?(?:the )?{_DAY})*,? and (?:the )?{_DAY}"
    rf"(?: of)? (?:{MONTH})",
    rf"(?:{_PREPOSITION})?(?:the )?(?:{_ORDINAL}) of (?:{MONTH})",
    # lengths that are not counted from the last row
    rf"(?:{LAST} |the )?(?:(?:{AMOUNT}) )?(?:{_UNIT})s? (?:before|after) (?:{_WHOLE})",
    r"(?:since )?(?:(?:\w+ ){1,2}and a )?half (?:an? )?(?:\w+ )?ago",
    rf"(?:the )?(?:{AMOUNT}) ?(?:{_UNIT})s? (?:before|earlier|prior)(?: that)?",
    rf"the (?:{_UNIT}) (?:before|after)(?: that)?",
    rf"(?:in|within|for|over|during|every) (?:the )?(?:{AMOUNT}) (?:day|week|month|quarter|year)s?",
    rf"(?:in|within) (?:{AMOUNT}) hours?",
    rf"{LAST} (?:[\w.,-]+ ){{1,2}}(?:{_UNIT}|{_FULL_WEEKDAY})s",
    rf"{LAST} (?:(?:{AMOUNT}) )?(?:{_UNIT})s? and a half",
    rf"{LAST} (?:hours|days|nights|weeks|weekends|months|quarters|years)",
    rf"(?:since |between |from )?(?:\w+(?:{TO}| and | or )\w+ |[\w.]+ )?(?:[\w.]+ )ago",
    rf"(?:this|(?:the )?same) (?:time|{_UNIT}) (?:of |in )?(?:last|the previous|a) (?:{_UNIT})"
    "(?: ago)?",
    # what comes back, and kinds of days
    rf"(?:(?:on|every|each|all|most|per) )+(?:{_FULL_WEEKDAY}|{WEEKDAY})s?",
    rf"(?:on )?{_FULL_WEEKDAY}s",
    "(?:on |at |the |every )*"
    "(?:weekends?|weekdays?|workdays?|(?:business|working|work|week) days?)",
    rf"(?:this|last|in|during) (?:the )?(?:{_SEASON})",
    "(?:black|good|casual) friday|cyber monday|thanksgiving|christmas(?: eve)?|easter|halloween|"
    "new year(?:'?s)?(?: eve| day)?|(?:public |bank )?holidays?",
    # the future
    rf"tomorrow(?:'s)?|(?:the )?(?:next|coming|upcoming|following) (?:(?:{AMOUNT}|\w+) )?"
    rf"(?:{_UNIT}|{_FULL_WEEKDAY}|{_FULL_MONTH}|{_SEASON})s?",
    # vague or unknown
    "recently|lately|recent (?:hours|days|weeks|months)|the other day|these days|nowadays",
    "(?:the |this |last |a )?(?:fortnight|decade|century|semester|trimester)s?",
    "(?:year|quarter|month|week)[ -]to[ -]date|ytd|mtd|qtd",
    r"(?:since|before|after|until) (?:the |our |last )*(?:launch|release|deploy\w*|incident|outage|"
    r"migration|upgrade|rollout)",
    r"(?:(?:this|last|the|next|fiscal) )*quarters?|q[1-4]|week \d+",
    # dates in orders that are not read
    r"(?:on )?\d{1,2}\.\d{1,2}\.\d\d|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\S*|\d{1,4}/\d{1,2}/\d{1,4}",
    rf"(?:on|since|until) (?:0?[1-9]|[12]\d|3[01])\.(?:0[1-9]|1[0-2])\.?(?!{COUNTED})",
)

_LONG_WORDS = (
    "yesterday",
    "today",
    "tomorrow",
    "weekend",
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("january", "february", "august", "september", "october", "november", "december"),
    *(f"{which} {name}" for which in ("last", "this") for name in ("week", "month", "year")),
)
# Real words that are one letter away from those above.
_REAL_WORDS = {"sundry", "toddy", "augusta"}
_REAL_FIRST_WORDS = {"list", "lost", "cast", "fast", "past", "east", "vast", "his", "thin"}


def is_misspelled(text: str) -> bool:
    """Whether a text of one or two words is one edit away from a long word about time."""
    plain = text.lower()
    if plain in _REAL_WORDS or plain.split()[0] in _REAL_FIRST_WORDS:
        return False
    return plain not in _LONG_WORDS and any(_is_one_edit(plain, word) for word in _LONG_WORDS)


def _is_one_edit(one: str, other: str) -> bool:
    """Whether they differ by one letter that is new, missing or another, or by two swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    left, right = one[shared:], other[shared:]
    endings = ((left[1:], right), (left, right[1:]), (left[1:], right[1:]))
    is_swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return is_swapped or any(a == b for a, b in endings)
