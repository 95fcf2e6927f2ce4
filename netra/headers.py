"""The Content-Security-Policy of every page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# No inline script or style, nothing from elsewhere. `connect-src 'self'` covers the socket too.
SOURCES = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
POLICY = f"{SOURCES}; require-trusted-types-for 'script'"
# Django's admin brings jQuery 3, which sets innerHTML from text as soon as it is loaded.
ADMIN_PATH, ADMIN_POLICY = "/admin/", SOURCES


class ContentSecurityPolicy:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path.startswith(ADMIN_PATH) else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        return response
