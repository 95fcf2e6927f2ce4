"""Where a request or a socket comes from."""

import ipaddress
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.text import storable


@dataclass(frozen=True, slots=True)
class Origin:
    """For limits, and for people who look through their log-ins."""

    address: str | None = None  # an IP address
    user_agent: str = ""  # up to 200 characters


NOWHERE = Origin()
ONE_CUSTOMER_BITS = 64  # the smallest network that providers hand out


def origin_of(request: HttpRequest | Request) -> Origin:
    return Origin(
        address=address_of(request),
        user_agent=storable(request.META.get("HTTP_USER_AGENT", ""))[:200],
    )


def address_of(request: HttpRequest | Request) -> str | None:
    """The client's IP address; None if it came over no network."""
    peer = request.META.get("REMOTE_ADDR", "")
    return client_address(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""))


def client_address(peer: str, forwarded_for: str) -> str | None:
    """
    Whose connection it is, as an IP address.

    Behind a trusted proxy that is what the proxy has added to X-Forwarded-For: the last address.
    What stands before it came from the client, who may write there what it likes.
    """
    _, _, last = forwarded_for.rpartition(",")
    if settings.TRUST_PROXY and (address := _ip_address(last.strip())) is not None:
        return address
    return _ip_address(peer)


def neighbourhood_of(address: str) -> str:
    """
    Under which address limits count an IP address; what is none stays as it is.

    Whoever has one address of IPv6 has 2^64, which begin alike.
    """
    try:
        network = ipaddress.ip_network(f"{address}/{ONE_CUSTOMER_BITS}", strict=False)
    except ValueError:  # of IPv4, or none at all
        return address
    return str(network.network_address)


def _ip_address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A server that listens with IPv6 sees the old addresses inside new ones.
    return str(getattr(address, "ipv4_mapped", None) or address)
