"""Which pages may open a socket: the matrix of origins, listed or not, with and without a proxy."""

from typing import Any

import pytest
from pytest_django import Settings

from realtime.authentication import origin_is_allowed

LISTED = ["https://chat.example", "http://localhost:3000", "https://other.example:8443"]


def handshake(
    origin: str | None, *, host: str = "netra.example", scheme: str = "ws", proxied: str = ""
) -> dict[str, Any]:
    sent = {"host": host, "origin": origin, "x-forwarded-proto": proxied}
    headers = [(name.encode(), value.encode()) for name, value in sent.items() if value]
    return {"scheme": scheme, "headers": headers}


@pytest.fixture(autouse=True)
def listed(settings: Settings) -> None:
    settings.ALLOWED_ORIGINS = LISTED


@pytest.mark.parametrize("origin", [None, *LISTED, "http://netra.example"])
def test_programs_listed_pages_and_our_own_may(origin: str | None) -> None:
    assert origin_is_allowed(handshake(origin))


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://chat.example",  # another scheme
        "https://chat.example:443",  # browsers leave the usual port out
        "https://chat.example:8443",
        "https://sub.chat.example",
        "https://chat.example.evil.example",
        "https://evilchat.example",
        "https://CHAT.example",  # browsers send small letters
        "https://chat.example/",
        "https://other.example",
        "http://localhost",
        "http://localhost:3001",
        "http://127.0.0.1:3000",
        "https://netra.example",  # ours, by another scheme
        "http://netra.example:8080",
        "http://evil.example",
        "file://",
        "*",
        "https://chat.example http://netra.example",
    ],
)
def test_no_other_page_may(origin: str) -> None:
    assert not origin_is_allowed(handshake(origin))


@pytest.mark.parametrize(
    ("host", "origin", "is_allowed"),
    [
        ("netra.example:8002", "http://netra.example:8002", True),
        ("netra.example:8002", "http://netra.example", False),
        ("[::1]:8002", "http://[::1]:8002", True),
        ("127.0.0.1:8002", "http://localhost:8002", False),
    ],
)
def test_our_own_is_by_host_and_port(host: str, origin: str, *, is_allowed: bool) -> None:
    assert origin_is_allowed(handshake(origin, host=host)) is is_allowed


def test_a_socket_with_tls_of_its_own_is_of_https() -> None:
    assert origin_is_allowed(handshake("https://netra.example", scheme="wss"))
    assert not origin_is_allowed(handshake("http://netra.example", scheme="wss"))


@pytest.mark.parametrize(
    ("proxied", "origin", "is_allowed"),
    [
        ("https", "https://netra.example", True),
        ("https", "http://netra.example", False),
        ("http", "http://netra.example", True),
        ("http", "https://netra.example", False),
        ("https, http", "https://netra.example", True),
        ("", "http://netra.example", True),
        ("", "https://netra.example", False),
    ],
)
def test_behind_a_trusted_proxy_its_word_on_the_scheme_counts(
    settings: Settings, proxied: str, origin: str, *, is_allowed: bool
) -> None:
    settings.TRUST_PROXY = True
    assert origin_is_allowed(handshake(origin, proxied=proxied)) is is_allowed


def test_nobody_elses_word_counts() -> None:
    assert not origin_is_allowed(handshake("https://netra.example", proxied="https"))
