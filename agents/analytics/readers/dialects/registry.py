"""All documented formats, in the order in which a file is tried with them."""

from agents.analytics.readers.dialects.base import Dialect, Sample
from agents.analytics.readers.dialects.sessions.claude import CLAUDE
from agents.analytics.readers.dialects.sessions.codex import CODEX
from agents.analytics.readers.dialects.sessions.gemini import GEMINI
from agents.analytics.readers.dialects.sessions.sent import SENT

DIALECTS: tuple[Dialect, ...] = (CODEX, SENT, GEMINI, CLAUDE)


def dialect_of(sample: Sample) -> Dialect | None:
    """The format that fits; None for a log with columns of its own."""
    return next((dialect for dialect in DIALECTS if dialect.fits(sample)), None)
