"""
Which values of the data a question names: `gpt-4o`, "the support chats", "all claude models".

Words are compared without regard to case and to how they are joined: `support_chat`,
`Support-Chat` and "support chat" are the same words. At each place of a question the longest name
counts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from agents.analytics.vocabulary import (
    ANY_ONE,
    FAMILY_STOPS,
    LABELS,
    TIME_UNITS,
    VOCABULARY,
    singular,
)

Column = Literal["model", "feature", "error", "user"]

LONGEST_QUESTION = 4000  # characters that are read; what follows is pasted material
SHORTEST_FAMILY = 3  # letters

_TOKEN = re.compile(r"[^\W_]+|[^\w\s./-]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_REVISION = re.compile(r"-v\d+:\d+$")
_DATE = re.compile(r"[-_@. ](?:\d{4}-\d\d-\d\d|\d{8}|\d{4}|latest)$", re.IGNORECASE)
_VERSION = re.compile(r"\d{1,2}[a-z]?")
_TIGHT = frozenset("-_.")
_QUOTES = frozenset("\"'`\u201c\u201d\u2018\u2019")

Words = tuple[str, ...]


class NamedValue(BaseModel):
    """A value of the data that a question names, and the words of the question that do it."""

    column: Column
    value: str
    said: str  # lower case, spaces single


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Question:
    """`text` is what the tokens lie in: lower case, spaces single."""

    text: str
    tokens: tuple[_Token, ...]

    def words(self, start: int, end: int) -> Words:
        return tuple(token.text for token in self.tokens[start:end])

    def is_torn(self, start: int, end: int) -> bool:
        """Whether the tokens are a part of a longer word, as `gpt-5` is of `gpt-5-mini`."""
        return self._joins(start) or self._joins(end)

    def is_quoted(self, start: int, end: int) -> bool:
        return self.word(start - 1) in _QUOTES and self.word(end) in _QUOTES

    def is_labelled(self, start: int, end: int, column: Column) -> bool:
        """Whether the word for the column stands beside the tokens: "feature usage"."""
        label = LABELS[column]
        if self.word(start - 1) in label and self.word(start - 2) not in ANY_ONE:
            return True
        if self.words(start, end)[0].isdigit():  # "429 errors", but "top 5 users" names no user
            return column == "error" and singular(self.word(end)) in label
        return self.word(end) in label

    def is_versioned(self, end: int) -> bool:
        """Whether a version follows, as in "gemini 2.5" but not in "gemini 2 weeks ago"."""
        number, then = self.word(end), singular(self.word(end + 1))
        return bool(_VERSION.fullmatch(number)) and not (number.isdigit() and then in TIME_UNITS)

    def said(self, start: int, end: int) -> str:
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]

    def word(self, index: int) -> str:
        """The token at a place, nothing beyond the ends."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _joins(self, index: int) -> bool:
        if not 0 < index < len(self.tokens):
            return False
        before, after = self.tokens[index - 1], self.tokens[index]
        between = self.text[before.end : after.start]
        if not between:
            return "@" in (before.text, after.text)
        return set(between) <= _TIGHT


def named_values(question: str, values: Mapping[Column, Sequence[str]]) -> list[NamedValue]:
    """The values that `question` names, in the order in which it does."""
    asked = _read(question)
    names = _Names(values)
    found: dict[tuple[Column, str], NamedValue] = {}
    start = 0
    while start < len(asked.tokens):
        end, matches = names.at(asked, start)
        for column, value in matches:
            said = asked.said(start, end)
            found.setdefault((column, value), NamedValue(column=column, value=value, said=said))
        start = max(end, start + 1)
    return list(found.values())


def _read(question: str) -> _Question:
    text = " ".join(question[:LONGEST_QUESTION].lower().split())
    tokens = (_Token(match.group(), *match.span()) for match in _TOKEN.finditer(text))
    return _Question(text, tuple(tokens))


def _words(value: str) -> Words:
    return tuple(_TOKEN.findall(value.lower()))


def _undated(model: str) -> str:
    """`gpt-4o-2024-08-06` as `gpt-4o`, `claude-sonnet-4-5-20250929-v1:0` as `claude-sonnet-4-5`."""
    return _DATE.sub("", _REVISION.sub("", model))


Match = tuple[Column, str]
Index = dict[Words, list[Match]]


class _Names:
    """The values by the words that name them."""

    def __init__(self, values: Mapping[Column, Sequence[str]]) -> None:
        self._exact: Index = {}
        self._dated: Index = {}
        self._plural: Index = {}
        self._ends: Index = {}  # of models
        self._models = {model: _words(model) for model in values.get("model", ())}
        for column, of_column in values.items():
            for value in of_column:
                self._add(column, value)
        indices = (self._exact, self._dated, self._plural)
        self._longest = max((len(words) for index in indices for words in index), default=0)

    def _add(self, column: Column, value: str) -> None:
        match, words = (column, value), _words(value)
        self._exact.setdefault(words, []).append(match)
        if column in ("feature", "error"):
            for form in {words, _words(_CAMEL.sub(" ", value))}:
                self._plural.setdefault(_singular(form), []).append(match)
        if column == "model":
            undated = _undated(value)
            for form in {_words(undated), _words(undated.rpartition("/")[2])}:
                self._dated.setdefault(form, []).append(match)
            for form in {_words(undated), words}:
                for begin in range(len(form)):
                    self._ends.setdefault(form[begin:], []).append(match)

    def at(self, asked: _Question, start: int) -> tuple[int, list[Match]]:
        """Where the longest name that begins at `start` ends, and what it names."""
        longest = min(len(asked.tokens), start + self._longest)
        for end in range(longest, start, -1):
            if not asked.is_torn(start, end) and (matches := self._matches(asked, start, end)):
                return end, matches
        return start, []

    def _matches(self, asked: _Question, start: int, end: int) -> list[Match]:
        words = asked.words(start, end)
        for index, key in (
            (self._exact, words),
            (self._dated, words),
            (self._plural, _singular(words)),
        ):
            if meant := _meant(asked, start, end, index.get(key, [])):
                return meant
        return self._family(asked, start, end)

    def _family(self, asked: _Question, start: int, end: int) -> list[Match]:
        """Models by what their names end with, or by words that are parts of them."""
        words = asked.words(start, end)
        if not _is_family(words[0]) or asked.is_versioned(end):
            return []
        if any(letter.isdigit() for word in words for letter in word):
            return self._ends.get(words, []) if not _is_span(asked, end) else []
        return [("model", model) for model, parts in self._models.items() if _within(words, parts)]


def _meant(asked: _Question, start: int, end: int, matches: Sequence[Match]) -> list[Match]:
    """Those that the words at this place can mean, of one column."""
    words = asked.words(start, end)
    is_number = all(word.isdigit() or not word.isalnum() for word in words)
    is_common = is_number or all(singular(word) in VOCABULARY for word in words)
    is_weak = is_common and "_" not in asked.said(start, end)  # nobody writes so in English
    columns = dict.fromkeys(column for column, _ in matches)
    labelled = [column for column in columns if asked.is_labelled(start, end, column)]
    if is_weak and not labelled and not asked.is_quoted(start, end):
        return []
    chosen = next(iter(labelled or columns), None)
    return [(column, value) for column, value in matches if column == chosen]


def _is_family(word: str) -> bool:
    is_name = word.isalpha() and len(word) >= SHORTEST_FAMILY
    return is_name and word not in FAMILY_STOPS and singular(word) not in VOCABULARY


def _is_span(asked: _Question, end: int) -> bool:
    """Whether the number before `end` counts days or hours, as in "gemini 2 weeks ago"."""
    return asked.word(end - 1).isdigit() and singular(asked.word(end)) in TIME_UNITS


def _within(words: Words, parts: Words) -> bool:
    """Whether `words` stand in `parts` in this order, with others between them or not."""
    rest: Iterator[str] = iter(parts)
    return all(word in rest for word in words)


def _singular(words: Words) -> Words:
    return (*words[:-1], singular(words[-1])) if words else words
