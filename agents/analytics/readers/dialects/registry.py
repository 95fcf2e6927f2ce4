"""All documented formats, in the order in which a file is tried with them."""

from agents.analytics.readers.dialects.base import Dialect, Sample
from agents.analytics.readers.dialects.otel.dialect import BARE, CONSOLE, OTLP

DIALECTS: tuple[Dialect, ...] = (OTLP, BARE, CONSOLE)


def dialect_of(sample: Sample) -> Dialect | None:
    """The format that fits; None for a log with columns of its own."""
    return next((dialect for dialect in DIALECTS if dialect.fits(sample)), None)
