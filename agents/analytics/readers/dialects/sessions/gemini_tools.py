"""What the tools of the Gemini CLI do with their arguments, and what their results say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.analytics.readers.dialects.sessions.results import Said
from agents.analytics.readers.dialects.sessions.shape import (
    a_count,
    a_list,
    a_text,
    an_object,
    objects,
)
from agents.analytics.readers.dialects.sessions.shell import deed_of
from agents.analytics.readers.dialects.sessions.timeline import Deed

FAILED = frozenset({"error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Response:
    """What a function answered the model."""

    id: str
    name: str
    text: str
    is_error: bool

    @property
    def said(self) -> Said:
        return Said(self.text, len(self.text))


def gemini_deed(tool: str, arguments: Mapping[str, Any]) -> Deed:
    path = _path(arguments)
    match tool:
        case "read_file":
            return _read(path, arguments)
        case "read_many_files":
            paths = [*a_list(arguments.get("paths")), *a_list(arguments.get("include"))]
            return Deed("read", " ".join(sorted(filter(None, map(a_text, paths)))))
        case "replace" | "write_file" | "edit":
            return Deed("edit", path, changes=(path,) if path else ())
        case "run_shell_command":
            folder = a_text(arguments.get("dir_path")) or a_text(arguments.get("directory"))
            return deed_of(a_text(arguments.get("command")) or "", folder)
        case "grep_search" | "search_file_content" | "glob" | "list_directory":
            words = filter(None, [a_text(arguments.get("pattern")), path])
            return Deed("search", " ".join(words))
        case "invoke_agent":
            return Deed("agent", a_text(arguments.get("agent_name")) or "")
        case _:
            return Deed("other", path or (a_text(arguments.get("query")) or ""))


def responses(content: Any) -> Iterator[Response]:
    """The results among the parts of a message, or of a call."""
    for part in objects(content):
        answer = an_object(part.get("functionResponse"))
        if answer:
            yield _response(answer)


def _response(answer: Mapping[str, Any]) -> Response:
    told = an_object(answer.get("response"))
    error, output = a_text(told.get("error")), a_text(told.get("output"))
    name = a_text(answer.get("name")) or ""
    return Response(a_text(answer.get("id")) or "", name, error or output or "", error is not None)


def _path(arguments: Mapping[str, Any]) -> str:
    names = ("file_path", "absolute_path", "path", "dir_path")
    return next((text for name in names if (text := a_text(arguments.get(name)))), "")


def _read(path: str, arguments: Mapping[str, Any]) -> Deed:
    first, last = a_count(arguments.get("start_line")), a_count(arguments.get("end_line"))
    offset, limit = a_count(arguments.get("offset")), a_count(arguments.get("limit"))
    if first is None and last is None and (offset is not None or limit is not None):
        first = (offset or 0) + 1  # counted from 0
        last = first + limit - 1 if limit else None
    return Deed("read", path, first, last)
