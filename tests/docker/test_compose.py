"""The Compose files are valid, and keep what the README says of them."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from tests.docker.compose import COMPOSE, PRODUCTION, ROLES, TEST, TESTING
from tests.optional import missing

BOTH = pytest.mark.parametrize("services", [PRODUCTION["services"], TESTING["services"]])


@pytest.mark.parametrize("file", [COMPOSE, TEST], ids=lambda file: file.name)
def test_it_follows_the_compose_specification(file: Path) -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    if not check.exists():
        missing("install the tests' packages anew: pip install -e '.[test]'")
    done = subprocess.run(
        [check, "--builtin-schema", "vendor.compose-spec", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@BOTH
def test_one_image_has_every_role(services: dict[str, Any]) -> None:
    assert {services[role]["image"] for role in ROLES} == {"netra"}
    for role in ROLES:
        match services[role]["command"]:
            case ["python", "manage.py", command, *_]:
                assert command in get_commands()
            case ["celery", "-A", "netra", "--quiet", command, *_]:
                assert command == role
            case unknown:
                pytest.fail(f"{role}: {unknown}")


@BOTH
def test_no_process_can_become_more_than_it_is(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        is_ours = service["image"] == "netra"  # test_image sees to its user
        assert is_ours or service["user"].split(":")[0] not in ("root", "0"), name


@BOTH
def test_nothing_starts_before_the_database_is_prepared(services: dict[str, Any]) -> None:
    for role in ("web", "worker", "beat"):
        needed = services[role]["depends_on"]["migrate"]
        assert needed == {"condition": "service_completed_successfully"}


@BOTH
def test_all_that_serves_says_whether_it_can(services: dict[str, Any]) -> None:
    silent = {name for name, service in services.items() if "healthcheck" not in service}
    assert silent == {"migrate", "beat"}  # the one ends, the other listens to nobody


def test_nginx_is_the_only_way_in() -> None:
    """It says whose a request is, and Netra believes whoever reaches it."""
    services = PRODUCTION["services"]
    assert {name for name, service in services.items() if service.get("ports")} == {"nginx"}
    assert services["nginx"]["ports"] == ["${NETRA_PUBLISH:-127.0.0.1:8002}:8080"]
    assert services["nginx"]["environment"]["NETRA_BACKEND"] == "web:8002"
    assert services["web"]["environment"]["NETRA_TRUST_PROXY"] == "true"
    assert PRODUCTION["networks"]["data"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert services[name]["networks"] == ["data"]


def test_the_test_ports_are_the_known_ones_and_this_machines_own() -> None:
    services = TESTING["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert sorted(published) == [
        "127.0.0.1:3002:8002",
        "127.0.0.1:5435:5432",
        "127.0.0.1:6382:6379",
        "127.0.0.1:8002:8002",
        "127.0.0.1:8083:8002",
    ]
    assert "NETRA_TRUST_PROXY" not in services["web"]["environment"]  # there is none


def test_no_secret_is_written_down() -> None:
    for name, service in PRODUCTION["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", variable):
                assert str(value).startswith("${"), f"{name}: {variable}"
    url = PRODUCTION["services"]["web"]["environment"]["NETRA_DATABASE_URL"]
    assert url.startswith("postgresql://netra:${NETRA_DATABASE_PASSWORD:?")


def test_what_is_written_is_written_to_volumes() -> None:
    for name, service in PRODUCTION["services"].items():
        assert service["read_only"] is True, name
    for role in ROLES:
        assert PRODUCTION["services"][role]["volumes"] == ["data:/data"]
