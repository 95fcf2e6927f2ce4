"""Is Netra alive, and for staff: which of its parts are."""

import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection
from drf_spectacular.utils import extend_schema
from kombu import Connection
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.errors import fails_with
from accounts.api.query import query
from accounts.exceptions import PermissionDenied
from accounts.permissions import require_staff, session_in
from agents.events import now
from agents.models import Worker

PROBE_SECONDS = 3
REPORT_SECONDS = 2  # for all parts together; one that has not answered by then is down


@dataclass(frozen=True, slots=True)
class Probe:
    """One part: how to touch it, and whether anything can be served without it."""

    name: str
    touch: Callable[[], None]
    is_essential: bool
    is_bounded: bool  # by the request's patience with the database; others need a thread to be left


def touch_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def touch_channel_layer() -> None:
    get_channel_layer().ping()


def touch_broker() -> None:
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    with Connection(
        settings.BROKER_URL, connect_timeout=PROBE_SECONDS, transport_options=options
    ) as broker:
        broker.ensure_connection(max_retries=1, timeout=PROBE_SECONDS)


def touch_workers() -> None:
    if not Worker.objects.alive().exists():
        raise RuntimeError("no worker is alive: start `celery -A netra worker`")


PROBES = (
    Probe("channel_layer", touch_channel_layer, is_essential=False, is_bounded=False),
    Probe("broker", touch_broker, is_essential=False, is_bounded=False),
    Probe("database", touch_database, is_essential=True, is_bounded=True),
    Probe("workers", touch_workers, is_essential=False, is_bounded=True),
)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="netra-health")


def examine(probe: Probe) -> dict[str, Any]:
    """`{status: "up" | "down", latency_ms, error?}` of one part."""
    begun = time.perf_counter()
    try:
        probe.touch()
    except Exception as error:  # noqa: BLE001 - a probe reports whatever is wrong with its part
        outcome = {"status": "down", "error": f"{type(error).__name__}: {error}"}
    else:
        outcome = {"status": "up"}
    return {**outcome, "latency_ms": round((time.perf_counter() - begun) * 1000, 1)}


def report() -> tuple[str, dict[str, dict[str, Any]]]:
    """`healthy`, `degraded` or `unavailable`, and every part's state; within 2 s of waiting."""
    deadline = time.monotonic() + REPORT_SECONDS
    asked = {
        probe.name: _threads().submit(examine, probe) for probe in PROBES if not probe.is_bounded
    }
    parts = {probe.name: examine(probe) for probe in PROBES if probe.is_bounded}
    for name, answer in asked.items():
        try:
            parts[name] = answer.result(timeout=max(deadline - time.monotonic(), 0))
        except TimeoutError:
            error = f"no answer within {REPORT_SECONDS} s"
            parts[name] = {"status": "down", "error": error, "latency_ms": REPORT_SECONDS * 1000.0}
    down = [probe for probe in PROBES if parts[probe.name]["status"] == "down"]
    if any(probe.is_essential for probe in down):
        return "unavailable", parts
    return ("degraded" if down else "healthy"), parts


class HealthFilterSerializer(serializers.Serializer[Any]):
    full = serializers.BooleanField(default=False, help_text="every part, for staff")


class PartSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["up", "down"])
    latency_ms = serializers.FloatField()
    error = serializers.CharField(required=False)


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["healthy", "degraded", "unavailable"])
    service = serializers.CharField()
    version = serializers.CharField()
    timestamp = serializers.FloatField(help_text="seconds since the epoch")
    parts = serializers.DictField(
        child=PartSerializer(), required=False, help_text="by name, if they were asked for"
    )


@fails_with(PermissionDenied)
class HealthView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        parameters=[HealthFilterSerializer],
        responses={200: HealthSerializer, 503: HealthSerializer},
    )
    def get(self, request: Request) -> Response:
        """Alive; with `?full=1` and a staff token the state of every part."""
        body: dict[str, Any] = {
            "status": "healthy",
            "service": "netra-ai-platform",
            "version": settings.VERSION,
            "timestamp": now(),
        }
        if not query(HealthFilterSerializer, request)["full"]:
            return Response(body)
        require_staff(session_in(request))
        status, parts = report()
        code = HTTPStatus.SERVICE_UNAVAILABLE if status == "unavailable" else HTTPStatus.OK
        return Response({**body, "status": status, "parts": parts}, status=code)
