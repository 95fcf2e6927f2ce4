import pytest
from rest_framework.test import APIClient

from accounts.models import User
from agents.models import Worker
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/health", "/health/", "/api/health", "/api/health/"])
def test_health_is_public(path: str) -> None:
    answer = APIClient().get(path)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["service"]) == ("healthy", "netra-ai-platform")
    assert set(body) == {"status", "service", "version", "timestamp"}


def test_the_parts_are_for_staff(alice: User, client_for: ClientFor) -> None:
    assert client_for(alice).get("/health?full=1").status_code == 403
    assert APIClient().get("/health?full=1").status_code == 403


def test_without_redis_and_workers_it_is_degraded(alice: User, client_for: ClientFor) -> None:
    User.objects.update(is_staff=True)
    answer = client_for(alice).get("/health?full=1")
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "degraded")
    states = {name: part["status"] for name, part in body["parts"].items()}
    assert states == {
        "database": "up",
        "channel_layer": "down",
        "broker": "down",
        "workers": "down",
    }
    assert all(part["latency_ms"] >= 0 for part in body["parts"].values())
    assert "celery" in body["parts"]["workers"]["error"]


def test_a_worker_that_ticks_is_up(alice: User, client_for: ClientFor) -> None:
    User.objects.update(is_staff=True)
    Worker.objects.create(id="a" * 32, host="here", pid=1)
    body = client_for(alice).get("/health?full=1").json()
    assert body["parts"]["workers"]["status"] == "up"
