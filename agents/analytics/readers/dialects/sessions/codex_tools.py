"""What the tools of Codex do with their arguments, and what their results say."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.analytics.readers.dialects.sessions.results import Said, said
from agents.analytics.readers.dialects.sessions.shape import a_count, a_text, an_object
from agents.analytics.readers.dialects.sessions.shell import deed_of, patched
from agents.analytics.readers.dialects.sessions.timeline import Deed

SHELL = frozenset({"exec_command", "shell", "shell_command", "local_shell", "container.exec"})
HEADER = re.compile(
    r"\A(?:Chunk ID: .*\n)?(?:Wall time:? .*\n)?"
    r"(?:Process exited with code (?P<code>-?\d+)\n)?(?:Process running .*\n)?"
    r"(?:Original token count: \d+\n)?(?:Output:\n)?"
)


@dataclass(frozen=True, slots=True)
class Output:
    """A result, the part of it that would repeat with its call, and whether it failed."""

    said: Said
    compared: str
    code: int | None


def codex_deed(tool: str, arguments: Any, folder: str | None) -> Deed:
    """`arguments` as the log has them: text of JSON, a patch, or an object."""
    name = tool.rsplit(".", 1)[-1] if tool != "container.exec" else tool
    given = _object(arguments)
    if name == "apply_patch":
        text = a_text(given.get("input")) or (arguments if isinstance(arguments, str) else "")
        changed = patched(text, folder)
        return Deed("edit", changed[0] if changed else "", changes=changed)
    if name in SHELL:
        command = given.get("cmd") or given.get("command")
        inside = a_text(given.get("workdir")) or a_text(given.get("working_directory")) or folder
        return deed_of(command, inside) if isinstance(command, str | list) else Deed("run")
    path = a_text(given.get("file_path")) or a_text(given.get("path")) or ""
    match name:
        case "read_file":
            first, limit = a_count(given.get("offset")), a_count(given.get("limit"))
            last = (first or 1) + limit - 1 if limit else None
            return Deed("read", path, first, last)
        case "list_dir" | "grep_files":
            return Deed("search", " ".join(filter(None, [a_text(given.get("pattern")), path])))
        case "write_stdin":
            return Deed("run", "")
        case _:
            return Deed("other", path or (a_text(given.get("query")) or ""))


def output_of(value: Any) -> Output:
    """Results are text with a header, JSON of output and metadata, or blocks of text."""
    result = said(value)
    packed = _object(result.text)
    if isinstance(text := packed.get("output"), str):
        code = a_code(an_object(packed.get("metadata")).get("exit_code"))
        return Output(result, text, code)
    header = HEADER.match(result.text)
    if header is None or not header.end():
        return Output(result, result.text, None)
    ended = header["code"]
    code = int(ended) if ended else None
    return Output(result, result.text[header.end() :], code)


def a_code(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str) and value.startswith("{"):
        try:
            return an_object(json.loads(value))
        except (ValueError, RecursionError):
            return {}
    return an_object(value)
