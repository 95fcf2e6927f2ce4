"""A stack to be hurt, shared by the faults that one process of the tests tries."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from netra.trial import inside
from netra.trial.services import own_services
from netra.trial.stack import TRIAL_SETTINGS, Stack
from tests.prepared import server

CLIENTS = 6


@dataclass(frozen=True)
class Victim:
    stack: Stack
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    home = tmp_path_factory.mktemp("victim")
    with own_services(server()) as services, Stack(home, TRIAL_SETTINGS, services=services) as own:
        tokens = own.call(inside.prepare, users=CLIENTS)
        own.start(webs=2, workers=2)
        yield Victim(own, tokens)
