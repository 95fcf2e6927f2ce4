"""How often one address may try what somebody could abuse."""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts.models import digest_of
from accounts.origin import address_of, neighbourhood_of

logger = logging.getLogger(__name__)


class Throttle(BaseThrottle):
    """
    At most `limit` requests of one identity within `period` seconds; a refused one does not count.

    A sliding window made of two fixed ones: of the one before, so much counts as it still covers.
    Every count is one atomic step, so that requests at once cannot slip through together, and is
    kept in Redis for all servers; while that is away, each server counts for itself.
    """

    scope: str
    period = 60
    clock = staticmethod(time.time)

    def identity(self, request: Request | HttpRequest) -> str | None:
        """Who is counted; None: nobody."""
        address = address_of(request)
        return neighbourhood_of(address) if address is not None else "local"

    def allow_request(self, request: Request | HttpRequest, view: APIView | None = None) -> bool:
        if (identity := self.identity(request)) is None:
            return True
        name = f"throttle.{self.scope}.{digest_of(identity)}"
        try:
            return self._count(caches["default"], name)
        except RedisError as error:
            logger.warning("Throttle counts alone", extra={"reason": str(error)})
            return self._count(caches["local"], name)

    def wait(self) -> float:
        """Seconds until it is worth another try."""
        return self.period - self.clock() % self.period

    def _count(self, cache: BaseCache, name: str) -> bool:
        window, passed = divmod(self.clock(), self.period)
        current, before = f"{name}.{window:.0f}", f"{name}.{window - 1:.0f}"
        cache.add(current, 0, timeout=2 * self.period)
        count = cache.incr(current)
        covered = 1 - passed / self.period
        limit: int = settings.THROTTLES[self.scope]
        if count + covered * cache.get(before, 0) <= limit:
            return True
        cache.decr(current)
        return False


class LogInThrottle(Throttle):
    """Everything that takes a password or another secret, together, by address."""

    scope = "log_in"


class MailThrottle(Throttle):
    """Requests for mail, by address."""

    scope = "mail"


class MailToThrottle(Throttle):
    """Requests for mail to one name or address, wherever they come from."""

    scope = "mail_to"
    period = 3600

    def identity(self, request: Request | HttpRequest) -> str | None:
        body: Any = request.data if isinstance(request, Request) else request.POST
        login = body.get("login") if isinstance(body, dict) else None
        return login.strip().lower()[:254] if isinstance(login, str) else None
