"""What a shell command reads, searches or runs, as far as its words tell."""

import posixpath
import re
import shlex
from collections.abc import Sequence

from agents.analytics.readers.dialects.sessions.timeline import Deed

READERS = frozenset({"cat", "bat", "batcat", "less", "more", "nl", "head", "tail", "sed"})
SEARCHERS = frozenset({"rg", "grep", "egrep", "fgrep", "ag", "fd", "find", "ls", "tree", "wc"})
QUIET = frozenset({"pwd", "echo", "which", "true", "date", "stat", "file", "du", "df"})
QUIET_GIT = frozenset({"status", "log", "diff", "show", "blame", "grep", "ls-files", "rev-parse"})
SHELLS = frozenset({"bash", "sh", "zsh", "dash"})
PATCH = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", re.MULTILINE)
PRINTED_LINES = re.compile(r"(\d+)(?:,(\d+|\$))?p")
FILTERS = (READERS - {"sed"}) | SEARCHERS | {"column", "cut", "jq", "sort", "tr", "uniq"}
EXECUTING = frozenset({"-delete", "-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec"})
SIGNS = "|&;<>()\n"  # a line's end is as good as a semicolon
HARMLESS = re.compile(r"\s2>(?:&1|\s?/dev/null)(?=\s|$)")


def deed_of(command: str | Sequence[str], folder: str | None) -> Deed:
    """
    What `command`, a line or its words, does when it runs in `folder`.

    Only commands that do nothing but read count as reading; of everything else it cannot be told
    what they change. Of these only the first line is kept: the next ones are what a file is filled
    with, as often as not.
    """
    text = _line(command)
    if changed := patched(text, folder):
        return Deed("edit", changed[0], changes=changed)
    try:
        words = _words(text)
    except ValueError:  # quotes that do not match
        return Deed("run", _first_line(text))
    if words[:1] == ["cd"] and words[2:3] == ["&&"]:
        folder, words = _inside(folder, words[1]), words[3:]
    if not words:
        return Deed("run", _first_line(text))
    first, is_plain = posixpath.basename(words[0]), not any(map(_is_operator, words))
    if first in READERS and (found := _reading(words, folder)):
        return found
    is_quiet = first in QUIET or (first == "git" and words[1:2] and words[1] in QUIET_GIT)
    if (is_quiet and is_plain) or (first in SEARCHERS and _only_finds(words)):
        return Deed("search", text)
    return Deed("run", _first_line(text))


def _is_operator(word: str) -> bool:
    return bool(word) and not word.strip(SIGNS)


def _only_finds(words: Sequence[str]) -> bool:
    """Whether a search, and what it is piped into, do nothing else."""
    commands = _piped(words) or [[]]
    named = [posixpath.basename(command[0]) for command in commands if command]
    does_more = EXECUTING.intersection(commands[0])
    return len(named) == len(commands) and FILTERS.issuperset(named) and not does_more


def _piped(words: Sequence[str]) -> list[list[str]] | None:
    """The commands of a pipe; None where other operators stand."""
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            commands.append([])
        elif _is_operator(word):
            return None
        else:
            commands[-1].append(word)
    return commands


def _first_line(text: str) -> str:
    first, *rest = text.split("\n", 1)
    return f"{first} …" if rest else first


def patched(text: str, folder: str | None) -> tuple[str, ...]:
    """The files that a patch in the form of apply_patch changes."""
    if "*** " not in text:
        return ()
    return tuple(_inside(folder, path.strip()) for path in PATCH.findall(text))


def _line(command: str | Sequence[str]) -> str:
    if isinstance(command, str):
        return command.strip()
    words = [word for word in command if isinstance(word, str)]
    if len(words) == 3 and posixpath.basename(words[0]) in SHELLS and words[1].startswith("-"):
        return words[2].strip()
    return shlex.join(words)


def _words(text: str) -> list[str]:
    reader = shlex.shlex(HARMLESS.sub("", text), posix=True, punctuation_chars=SIGNS)
    reader.whitespace, reader.whitespace_split = " \t\r", True
    reader.commenters = ""
    return list(reader)


def _reading(words: list[str], folder: str | None) -> Deed | None:
    """For `cat f`, `sed -n 1,20p f`, `head -n 20 f`, `nl f | sed -n 1,20p`, `cat f | head -20`."""
    commands = _piped(words)
    if commands is None or len(commands) > 2 or not all(commands):
        return None
    paths, lines = _piece(commands[0])
    if len(commands) == 2:
        more_paths, piped = _piece(commands[1])
        if more_paths or piped == (None, None) or lines != (None, None):
            return None
        lines = piped
    if not paths or lines is None:
        return None
    targets = [_inside(folder, path) for path in paths]
    return Deed("read", " ".join(targets), *lines)


def _piece(words: list[str]) -> tuple[list[str], tuple[int | None, int | None] | None]:
    """The files that one command reads, and the lines; None if these cannot be told."""
    name, rest = posixpath.basename(words[0]), words[1:]
    flags = [word for word in rest if word.startswith("-")]
    plain = [word for word in rest if not word.startswith("-")]
    if name == "sed":
        printed = PRINTED_LINES.fullmatch(plain[0]) if plain and flags == ["-n"] else None
        if printed is None:
            return [], None
        last = printed[2] or printed[1]
        return plain[1:], (int(printed[1]), None if last == "$" else int(last))
    if name in ("head", "tail"):
        if any(flag.startswith("-c") for flag in flags):  # characters
            return [], None
        number = next((word for word in [*flags, *plain] if word.lstrip("-n").isdigit()), "10")
        paths = [word for word in plain if word != number]
        # Which lines the last ones are, the command does not say.
        lines = (1, int(number.lstrip("-n"))) if name == "head" else None
        return paths, lines
    return (plain, (None, None)) if name in READERS else ([], None)


def _inside(folder: str | None, path: str) -> str:
    joined = posixpath.join(folder or "", path.replace("\\", "/"))
    return posixpath.normpath(joined)
