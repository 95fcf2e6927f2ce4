"""How the schema describes credentials; registers itself where the paths import it."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from accounts.permissions import HasLoggedIn

ACCESS_TOKEN, API_KEY, REFRESH_COOKIE = "accessToken", "apiKey", "refreshCookie"

# `Any`: the library's annotation forgets that a requirement is an object.
BY_COOKIE: Any = [{REFRESH_COOKIE: []}, {}]
BY_COOKIE_OR_TOKEN: Any = [{REFRESH_COOKIE: []}, {ACCESS_TOKEN: []}, {}]


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.BearerAuthentication"
    name = [ACCESS_TOKEN, API_KEY]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        bearer = {"type": "http", "scheme": "bearer"}
        return [
            {**bearer, "bearerFormat": "JWT", "description": "From `auth/token`; lives minutes."},
            {**bearer, "description": "From `auth/keys`; may do what its scopes say."},
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        permissions = auto_schema.view.get_permissions()
        if any(isinstance(permission, HasLoggedIn) for permission in permissions):
            return [{ACCESS_TOKEN: []}]
        return [{ACCESS_TOKEN: []}, {API_KEY: []}]
