"""No forged, stale or ended token lets anybody in, and none is a server error."""

import pytest

from accounts.models import User
from tests.accounts.devices import bearer, pair_of, post
from tests.accounts.forgeries import FORGERIES, forgeries
from tests.cast import appear

pytestmark = pytest.mark.django_db

CALLS = (
    ("get", "/api/auth/me"),
    ("post", "/api/auth/ticket"),
    ("post", "/api/auth/logout-all"),
    ("get", "/api/runs"),
    ("get", "/api/agents"),  # public; but a bad token is not taken for none
    ("post", "/api/agents/any/runs"),
    ("get", "/api/health?full=1"),
)


@pytest.fixture
def tokens(alice: User) -> dict[str, str]:
    made = forgeries(alice, appear("sleeper"), appear("ghost"))
    assert set(made) == set(FORGERIES)
    return made


@pytest.mark.parametrize("kind", FORGERIES)
def test_it_is_a_401_everywhere(tokens: dict[str, str], kind: str) -> None:
    client = bearer(tokens[kind])
    for method, path in CALLS:
        answer = getattr(client, method)(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert post("token/verify", {"token": tokens[kind]})[0] == 401


def test_a_good_one_is_let_in(alice: User) -> None:
    """Or the others would prove nothing."""
    client = bearer(pair_of(alice).access)
    reads = [path for method, path in CALLS if method == "get"]
    assert 401 not in [client.get(path).status_code for path in reads]
