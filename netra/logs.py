"""Structured logs: a record becomes one line, for people on a terminal or JSON for a collector."""

from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),  # what callers pass as `extra=` becomes fields
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(*, form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING for `form` ("console" or "json") at `level`."""
    renderer: Any
    if form == "json":
        renderer = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    else:
        renderer = [
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"level": "ERROR"},  # the web server logs each request once
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # At INFO these two name every task twice; a run's events already say what happened.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
        },
    }
