"""The Celery application; tasks are found in the apps' `tasks` modules."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netra.settings")

app = Celery("netra")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # `current_app` is per thread otherwise, and we dispatch from threads


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """A receiver of this signal keeps Celery from replacing the logging of the settings."""
