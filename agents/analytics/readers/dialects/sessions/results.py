"""What is kept of a tool result, whatever wrote it: its size, a digest, how an error begins."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from agents.analytics.readers.dialects.sessions.shape import a_list, a_text, an_object
from agents.analytics.readers.dialects.sessions.timeline import Step
from agents.analytics.steps import LONGEST_HEAD

IMAGE_CHARACTERS = 1600 * 4  # a picture is at most about 1,600 tokens
REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Said:
    """A text, and how many characters it counts for, pictures included."""

    text: str
    characters: int


def said(content: Any) -> Said:
    """The text of a message or a result: a string, or blocks with a `text` each."""
    if isinstance(content, str):
        return Said(content, len(content))
    texts, pictures = [], 0
    for block in a_list(content):
        if isinstance(block, str):
            texts.append(block)
        elif text := a_text(an_object(block).get("text")):
            texts.append(text)
        elif an_object(block).get("type") in ("image", "input_image"):
            pictures += 1
    text = "\n".join(texts)
    return Said(text, len(text) + pictures * IMAGE_CHARACTERS)


def note_result(step: Step, result: Said, *, compared: str, is_error: bool | None) -> None:
    """Keep of a result what is evidence; `compared` is what of it would repeat with the call."""
    step.result_characters = result.characters
    step.result_digest = digest(compared) if compared else None
    step.is_error = is_error
    if is_error:
        step.head = " ".join(compared.split())[:LONGEST_HEAD] or None


def without_reminders(text: str) -> str:
    """What the assistant's own notes in a result are not a part of."""
    return REMINDER.sub("", text).strip() if "<system-reminder>" in text else text


def digest(text: str) -> str:
    """Equal for equal texts; short, for many are kept."""
    return hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:20]
