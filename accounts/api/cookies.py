"""The refresh token in a cookie, where no script of a page can read it."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.log_ins import lifetime
from accounts.tokens import Pair

NAME = "netra_refresh"
PATH = "/api/auth"  # it goes nowhere else
OUR_OWN = "same-origin"


def with_cookie(response: Response, request: Request, pair: Pair) -> Response:
    """`Strict`: no other site can make a browser send it."""
    response.set_cookie(
        NAME,
        pair.refresh,
        max_age=lifetime(),
        path=PATH,
        secure=request.is_secure() or settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def without_cookie(response: Response) -> Response:
    response.delete_cookie(NAME, path=PATH, samesite="Strict")
    return response


def refresh_in(request: Request) -> str | None:
    """
    The cookie, if a page of ours sends it.

    To `Strict` all sub-domains of a site are one, and so are all ports of localhost: their pages
    could log somebody out here.
    """
    if request.headers.get("Sec-Fetch-Site", OUR_OWN) != OUR_OWN:
        return None
    return request.COOKIES.get(NAME)
