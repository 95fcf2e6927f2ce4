"""Scheduled upkeep of accounts."""

from celery import shared_task
from django.utils import timezone

from accounts.models import OneTimeSecret


@shared_task(name="accounts.remove_expired_secrets")
def remove_expired_secrets() -> None:
    OneTimeSecret.objects.filter(expires_at__lte=timezone.now()).delete()
