"""How often one address may try what somebody could abuse."""

import logging
from typing import Any

from django.core.cache import caches
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts.models import digest_of
from accounts.origin import address_of

logger = logging.getLogger(__name__)


class SteadyThrottle(SimpleRateThrottle):
    """Counts for all servers together in Redis; while that is away, each server for itself."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError as error:
            logger.warning("Throttle counts alone", extra={"reason": str(error)})
            self.cache = caches["local"]
            return super().allow_request(request, view)

    def key_of(self, identity: str) -> str:
        return f"throttle.{self.scope}.{digest_of(identity)}"


class LogInThrottle(SteadyThrottle):
    """Everything that takes a password or another secret, together, by address."""

    scope = "log_in"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.key_of(str(address_of(request)))


class MailThrottle(LogInThrottle):
    """Requests for mail, by address."""

    scope = "mail"


class MailToThrottle(SteadyThrottle):
    """Requests for mail to one person, wherever they come from."""

    scope = "mail_to"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        body: Any = request.data
        login = body.get("login") if isinstance(body, dict) else None
        return self.key_of(login.lower()[:254]) if isinstance(login, str) else None
