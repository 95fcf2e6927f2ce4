"""An example of each body under `auth/…`, for the schema, by the name of its shape there."""

from typing import Any

ACCESS = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiNyJ9.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"
REFRESH = "eyJhbGciOiJIUzI1NiJ9.eyJnZW5lcmF0aW9uIjoxfQ.c3VjY2Vzc29yIG9mIG5vdGhpbmcgYXQgYWxsIQ"
PASSWORD = "vermilion-kettle-42"  # noqa: S105 - of nobody
KEY: dict[str, Any] = {
    "id": 3,
    "name": "nightly report",
    "hint": "ntr_x7Qp",
    "scopes": ["read", "run"],
    "created_at": 1795196400.125,
    "expires_at": 1802972400.125,
    "last_used_at": None,
    "is_live": True,
}

EXAMPLES: dict[str, Any] = {
    "CredentialsRequest": {"username": "maria", "password": PASSWORD},
    "RegistrationRequest": {
        "username": "maria",
        "email": "maria@example.com",
        "password": PASSWORD,
    },
    "LinkRequest": {"secret": "kD3nV0yq8w2hTz5uB7sLxM1cRfJaEoGp"},
    "PasswordRequest": {"new_password": "cobalt-harbour-17", "current_password": PASSWORD},
    "Pair": {"access": ACCESS, "refresh": REFRESH},
    "RefreshRequest": {"refresh": REFRESH},
    "VerifyRequest": {"token": ACCESS},
    "Verified": {"user_id": 7, "expires_at": 1795197300.0, "scopes": ["data", "read", "run"]},
    "LoginRequest": {"login": "maria@example.com"},
    "Ticket": {"ticket": "Zt4vQm9sWc1yHk6pLr8nXb2dGj5fTa0e", "expires_in": 30},
    "User": {
        "id": 7,
        "username": "maria",
        "email": "maria@example.com",
        "first_name": "Maria",
        "last_name": "Reyes",
        "is_staff": False,
        "has_password": True,
        "date_joined": "2026-11-20T09:40:00.125000Z",
    },
    "ProfileRequest": {"first_name": "Maria", "last_name": "Reyes"},
    "Key": KEY,
    "NewKey": {**KEY, "key": "ntr_x7QpV0yq8w2hTz5uB7sLxM1cRfJaEoGpdK3nZt4vQm9sW"},
    "KeyRequestRequest": {
        "name": "nightly report",
        "scopes": ["read", "run"],
        "expires_in_days": 90,
    },
}

PARAMETERS: dict[str, tuple[str, Any]] = {"key_id": ("The key's number in the list of keys.", "3")}
"""What parameters mean, and an example of each."""
