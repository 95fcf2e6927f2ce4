"""Words of a question that were mistyped, put right."""

import re
from difflib import get_close_matches

SHORTEST = 5  # letters; a shorter word is close to too many others
SIMILAR = 0.8  # of difflib's ratio: one letter wrong, missing, added or two swapped

_VOCABULARY = """
latency latencies errors requests tokens models feature features users customer customers costs
spend spent expensive cheapest slowest fastest average median maximum percentile failed failures
failing repeated duplicate throughput response answers prompts performance overview summary
optimize optimise savings reduce cheaper traffic volume peaks busiest yesterday today monday
tuesday wednesday thursday friday saturday sunday weekend month hourly daily weekly monthly
model error token request usage outputs inputs
"""
_ALSO_MEANT = """
latest later there their where modes moderate future features creature answer response respond
custom customs costly spends users refuse reused terror mirror taken broken quest request weaken
sunny cheap cheaply fasten slower slowly faster average averages median medium outputs input
inputs output prompt hours house houses months mouth model summer reduced reduces produce
savings saving savers usages trafficked volumes peak speak busy business overviews finish
performed perform failure failed falling require requires mondays tuesdays wednesdays thursdays
fridays saturdays sundays weekends
"""
_WORDS = _VOCABULARY.split()
# Close to a word above, and meant as they stand.
_OTHERS = frozenset(_ALSO_MEANT.split())
_INFLECTED = ("ed", "ing", "ly", "ary", "ible", "able")  # another form of a word, not a slip


def corrected(plain: str, known: str = "") -> tuple[str, tuple[tuple[str, str], ...]]:
    """
    A question with its mistyped words put right, in lower case, and what was changed into what.

    Words that stand in `known` are names, and stay.
    """
    changes: dict[str, str] = {}

    def put_right(match: re.Match[str]) -> str:
        word = match.group().lower()
        if len(word) < SHORTEST or word.endswith(_INFLECTED):
            return match.group()
        if word in _OTHERS or word in _WORDS or word in known:
            return match.group()
        close = get_close_matches(word, _WORDS, n=1, cutoff=SIMILAR)
        if not close or close[0][0] != word[0] or close[0].removesuffix("s") == word:
            return match.group()
        changes[word] = close[0]
        return close[0]

    fixed = re.sub(r"(?<![\w./-])[A-Za-z]+(?![\w./-]|\.\w)", put_right, plain)
    return fixed, tuple(changes.items())
