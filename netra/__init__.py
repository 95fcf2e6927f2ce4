"""The project: settings, doors and commands that tie the apps together."""

from netra.celery import app as celery_app

__all__ = ["celery_app"]
