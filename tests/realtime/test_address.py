"""Whose socket it is, with and without a proxy in front."""

from typing import Any

import pytest

from realtime.authentication import client_address

PEER = "10.0.0.1"


def scope(*forwarded: bytes) -> dict[str, Any]:
    return {
        "client": [PEER, 4711],
        "headers": [(b"host", b"x"), *((b"x-forwarded-for", value) for value in forwarded)],
    }


def test_without_a_trusted_proxy_nobody_says_for_whom_he_comes() -> None:
    assert client_address(scope(b"203.0.113.7")) == PEER


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (b"203.0.113.7", "203.0.113.7"),
        (b"1.2.3.4, 203.0.113.7", "203.0.113.7"),
        (b"nonsense,203.0.113.7 ", "203.0.113.7"),
        (b"2001:DB8::1", "2001:db8::"),  # counts with its neighbours
        (b"2001:DB8:0:0:1:2:3:4", "2001:db8::"),
        (b"2001:DB8:0:1::1", "2001:db8:0:1::"),
        (b"::ffff:203.0.113.7", "203.0.113.7"),
        (b"203.0.113.7, nonsense", PEER),
        (b"203.0.113.7,", PEER),
        (b"\xff", PEER),
        (b"", PEER),
    ],
)
def test_a_trusted_proxy_has_the_last_word(settings: Any, forwarded: bytes, address: str) -> None:
    settings.TRUST_PROXY = True
    assert client_address(scope(forwarded)) == address


def test_a_trusted_proxy_that_says_nothing_is_the_address(settings: Any) -> None:
    settings.TRUST_PROXY = True
    assert client_address(scope()) == PEER


def test_a_proxy_may_add_a_header_of_its_own(settings: Any) -> None:
    settings.TRUST_PROXY = True
    assert client_address(scope(b"1.2.3.4", b"203.0.113.7")) == "203.0.113.7"
