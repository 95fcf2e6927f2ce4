"""What the tools of Claude Code do with their arguments."""

from collections.abc import Mapping
from typing import Any

from agents.analytics.readers.dialects.sessions.shape import a_count, a_text
from agents.analytics.readers.dialects.sessions.shell import deed_of
from agents.analytics.readers.dialects.sessions.timeline import Deed

AGENTS = ("Task", "Agent")


def claude_deed(tool: str, arguments: Mapping[str, Any], folder: str | None) -> Deed:
    path = a_text(arguments.get("file_path")) or a_text(arguments.get("notebook_path")) or ""
    match tool:
        case "Read" | "NotebookRead":
            return _read(path, arguments)
        case "Edit" | "MultiEdit" | "Write" | "NotebookEdit":
            return Deed("edit", path, changes=(path,) if path else ())
        case "Bash":
            return deed_of(a_text(arguments.get("command")) or "", folder)
        case "Grep" | "Glob" | "LS":
            words = (a_text(arguments.get(name)) for name in ("pattern", "path", "glob"))
            return Deed("search", " ".join(word for word in words if word))
        case "Task" | "Agent":
            return Deed("agent", a_text(arguments.get("description")) or "")
        case "WebFetch" | "WebSearch":
            return Deed("other", a_text(arguments.get("url") or arguments.get("query")) or "")
        case _:
            return Deed("other", path)


def _read(path: str, arguments: Mapping[str, Any]) -> Deed:
    pages = a_text(arguments.get("pages"))
    offset, limit = a_count(arguments.get("offset")), a_count(arguments.get("limit"))
    target = f"{path} pages {pages}" if pages else path
    last = max(offset or 1, 1) + limit - 1 if limit else None
    return Deed("read", target, offset or None, last)
