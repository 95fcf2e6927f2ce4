"""Secret keys: taken from the environment, or made once and kept in the data directory."""

import hmac
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from netra import env

MINIMUM_BYTES = 32  # RFC 7518, 3.2: an HS256 key is at least as long as the hash


def key(variable: str, file: Path) -> str:
    """
    The key in `variable` (or `variable`_FILE), else the one kept in `file`, made on first use.

    A key shorter than 32 bytes raises ImproperlyConfigured: it could be guessed, and every token
    is as safe as this key.
    """
    value = env.text(variable, "") or _kept(file)
    if len(value.encode()) < MINIMUM_BYTES:
        raise ImproperlyConfigured(
            f"{variable} is {len(value.encode())} bytes long; use at least {MINIMUM_BYTES}, "
            f"or unset it and remove {file} to have one made."
        )
    return value


def installation(signing_key: str) -> str:
    """
    A name for all processes that share `signing_key` (16 hex digits), which does not tell the key.

    It keeps apart what several Netras have on one Redis or RabbitMQ: pub/sub ignores the numbers of
    Redis's databases.
    """
    return hmac.digest(signing_key.encode(), b"netra installation", "sha256").hex()[:16]


def _kept(file: Path) -> str:
    """Read `file`, making it first (mode 0600) if it is missing; safe when two processes start."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    if not file.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)  # fails if another process was first, and never shows half a key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text(encoding="ascii").strip()
