"""The Celery application; tasks are found in the apps' `tasks` modules."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from accounts.garbage import collect_little

collect_little()  # every process of ours begins with this module
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netra.settings")
# A worker tells nobody what Django's checks found, and would import all of REST for them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("netra")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # `current_app` is per thread otherwise, and we dispatch from threads


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """A receiver of this signal keeps Celery from replacing the logging of the settings."""
