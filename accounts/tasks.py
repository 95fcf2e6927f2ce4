"""Celery's door into accounts: upkeep on a schedule, and mail. No decisions here."""

from axes.handlers.proxy import AxesProxyHandler
from celery import shared_task
from django.utils import timezone

from accounts.links import mail_link
from accounts.models import LogIn, OneTimeSecret

ATTEMPTS_KEPT_DAYS = 30


@shared_task(name="accounts.remove_expired")
def remove_expired() -> None:
    """Keys stay, so that people see which have expired; what they opened is long closed."""
    for kind in (OneTimeSecret, LogIn):
        kind.objects.filter(expires_at__lte=timezone.now()).delete()
    AxesProxyHandler.reset_failure_logs(age_days=ATTEMPTS_KEPT_DAYS)


# A mail server that is away raises an OSError; three more tries take a minute or so.
@shared_task(name="accounts.mail_link", autoretry_for=(OSError,), retry_backoff=10, max_retries=3)
def send_link(login: str) -> None:
    mail_link(login)
