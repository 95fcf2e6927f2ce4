"""What the name of a column says: which normalised column it spells, and the unit behind it."""

import re
from dataclasses import dataclass
from functools import cache

from agents.analytics import spellings
from agents.analytics.schema import BY_NAME, CLUES, REQUESTS, Kind

# A word behind a sign or a capital, at the end: `took_s`, `tookMs`, `Took (ms)`.
_LAST_WORD = re.compile(
    r"(.*)(?:[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z]))([A-Za-z]+)[^A-Za-z0-9]*", re.DOTALL
)
LONGEST_NAME = 200  # characters of a name that may mean something; the pattern tries all splits


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a spelling means; the lower the rank, the more it tells."""

    rank: int
    target: str  # a normalised column or a clue
    unit: str | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A column whose name, without `dropped` leading parts, is a known spelling."""

    column: str
    dropped: int
    meaning: Meaning

    @property
    def order(self) -> tuple[int, int, bool]:
        """Of two hits for one target the smaller is read: it tells more, its unit included."""
        return self.dropped, self.meaning.rank, self.meaning.unit is None


def hit(column: str) -> Hit | None:
    """What `column` may be, by its name; nested names count without their leading parts too."""
    if len(column) > LONGEST_NAME:
        return None
    parts = [part for part in re.split(r"[./]", column) if part]
    for dropped in range(len(parts)):
        if meaning := _meaning(".".join(parts[dropped:])):
            return Hit(column, dropped, meaning)
    if _counts_requests(column):
        return Hit(column, 0, Meaning(0, REQUESTS.name, None))
    return None


def fold(name: str) -> str:
    """A name without case, spaces, dashes, dots, underscores and other signs."""
    return "".join(character for character in name.casefold() if character.isalnum())


def is_any(name: str, spelled: frozenset[str]) -> bool:
    """Whether `name`, or what is behind one of its dots, is among the folded spellings."""
    parts = re.split(r"[./]", name)
    return any(fold("".join(parts[start:])) in spelled for start in range(len(parts)))


def unit_of(name: str, kind: Kind) -> str | None:
    """The unit that a name ends with, as in `took_s`; None if it says none."""
    found = _LAST_WORD.fullmatch(name[-LONGEST_NAME:])
    return endings(kind).get(found[2].lower()) if found else None


def endings(kind: Kind) -> dict[str, str]:
    """What a name of this kind may end with, and the unit that it means."""
    if kind in (Kind.DURATION, Kind.TIME):
        return spellings.TIME_ENDINGS
    return spellings.MONEY_ENDINGS if kind is Kind.MONEY else {}


def _meaning(name: str) -> Meaning | None:
    folded = fold(name)
    if found := _plain().get(folded) or _with_unit().get((folded, None)):
        return found
    last = _LAST_WORD.fullmatch(name)
    return _with_unit().get((fold(last[1]), last[2].lower())) if last else None


@cache
def _plain() -> dict[str, Meaning]:
    """Every folded spelling that says enough without a unit."""
    table: dict[str, Meaning] = {}
    for target, words in (spellings.PLAIN | spellings.CLUES).items():
        for rank, word in enumerate(words.split()):
            table.setdefault(word, Meaning(rank, target, None))
    for words, target, unit in spellings.WITH_UNIT:
        for rank, word in enumerate(words.split(), start=len(table)):
            table.setdefault(word, Meaning(rank, target, unit))
    return table


@cache
def _with_unit() -> dict[tuple[str, str | None], Meaning]:
    """Spellings with an ending that is a unit: apart, or (None) glued to the spelling."""
    needy = {
        word: Meaning(len(_plain()), target, None) for word, target in spellings.NEEDS_UNIT.items()
    }
    table: dict[tuple[str, str | None], Meaning] = {}
    # Where `time` is no instant but a duration, because a unit follows, the later entry counts.
    for word, meaning in (_plain() | needy).items():
        kind = (BY_NAME | CLUES)[meaning.target].kind
        for ending, unit in endings(kind).items():
            found = Meaning(meaning.rank, meaning.target, unit)
            table[word, ending] = found
            if ending not in spellings.NEVER_GLUED:
                table[word + ending, None] = found
    return table


def _counts_requests(name: str) -> bool:
    """Whether a name such as `num_model_requests` says how many requests a row is."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    nouns = [word for word in words if word in spellings.REQUEST_NOUNS]
    rest = [word for word in words if word not in spellings.REQUEST_NOUNS]
    is_list = len(nouns) == 1 and spellings.REQUEST_WORDS.issuperset(rest)
    return is_list or fold(name) in spellings.REQUEST_COUNTS
