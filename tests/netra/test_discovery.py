import pytest
from django.conf import settings
from django.test import Client
from rest_framework.test import APIClient

from netra.discovery import services
from realtime.routing import SOCKET_PATH

pytestmark = pytest.mark.django_db

PATH = "/api/discovery/services"


def test_services_are_told_to_everybody_with_their_addresses() -> None:
    body = APIClient().get(PATH).json()
    assert (body["count"], body["next"], body["previous"]) == (6, None, None)
    urls = {service["name"]: service["url"] for service in body["results"]}
    assert urls == {
        "rest": "http://testserver/api/",
        "websocket": "ws://testserver/ws",
        "openapi": "http://testserver/api/schema",
        "docs": "http://testserver/api/docs",
        "health": "http://testserver/api/health",
        "chat": "http://testserver/",
    }
    for service in body["results"]:
        assert service["version"] == settings.VERSION
        assert (service["status"], bool(service["protocol"])) == ("available", True)
        assert service["description"]


def test_behind_tls_addresses_are_secure() -> None:
    body = APIClient().get(PATH, secure=True, headers={"Host": "localhost:8443"}).json()
    urls = {service["name"]: service["url"] for service in body["results"]}
    assert urls["websocket"] == "wss://localhost:8443/ws"
    assert urls["health"] == "https://localhost:8443/api/health"


def test_what_is_named_answers() -> None:
    for service in APIClient().get(PATH).json()["results"]:
        path = service["url"].removeprefix("http://testserver")
        if service["name"] not in ("rest", "websocket"):
            assert Client().get(path).status_code == 200
    assert SOCKET_PATH == "/ws"
    assert services.__doc__
