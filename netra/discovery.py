"""`/api/discovery/services`: what this server offers, and where its caller reaches it."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from realtime.authentication import PROTOCOL
from realtime.routing import SOCKET_PATH


class ServiceSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    status = serializers.ChoiceField(choices=["available"])
    url = serializers.CharField(help_text="with the scheme and host that the caller used")
    protocol = serializers.CharField()
    version = serializers.CharField()


class ServicesView(ListAPIView[Any]):
    """What this server offers. Who reads this has reached it, so all of it is available."""

    permission_classes = (AllowAny,)
    serializer_class = ServiceSerializer

    def get_queryset(self) -> Any:
        return services(self.request)


def services(request: Request) -> list[dict[str, str]]:
    """Each service with its address; behind a trusted proxy its scheme is that of the proxy."""
    offered = (
        ("rest", "Threads, runs, data sets and agents", "/api/", "http"),
        ("websocket", "Start runs, and watch every step", SOCKET_PATH, PROTOCOL),
        ("openapi", "The schema of the REST API", reverse("schema"), "openapi 3.1"),
        ("docs", "The REST API, to read and to try", reverse("docs"), "http"),
        ("health", "Is the server alive", reverse("api-health"), "http"),
        ("chat", "The chat page", reverse("chat"), "http"),
    )
    return [
        {
            "name": name,
            "description": description,
            "status": "available",
            "url": _address(request, path, is_socket=path == SOCKET_PATH),
            "protocol": protocol,
            "version": settings.VERSION,
        }
        for name, description, path, protocol in offered
    ]


def _address(request: Request, path: str, *, is_socket: bool) -> str:
    address = request.build_absolute_uri(path)
    return "ws" + address.removeprefix("http") if is_socket else address
