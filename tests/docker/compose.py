"""The Compose files as data."""

from typing import Any

import yaml

from tests.stack import ROOT

DOCKER = ROOT / "docker"
COMPOSE, TEST = DOCKER / "compose.yaml", DOCKER / "compose.test.yaml"

PRODUCTION: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
TESTING: dict[str, Any] = yaml.safe_load(TEST.read_text())
ROLES = ("migrate", "web", "worker", "beat")  # of our own image
