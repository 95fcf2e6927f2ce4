"""Typed reads of environment variables; a bad value stops the start with its name."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str) -> str:
    """The variable `name`, or the content of the file that `name`_FILE points to, or `default`."""
    if name in os.environ:
        return os.environ[name]
    file = os.environ.get(f"{name}_FILE")
    if file is None:
        return default
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={file!r} cannot be read: {error}") from error


def everything() -> dict[str, str]:
    """The whole environment, for child processes."""
    return dict(os.environ)


def is_given(name: str) -> bool:
    return name in os.environ or f"{name}_FILE" in os.environ


def flag(name: str, *, default: bool) -> bool:
    raw = text(name, str(default)).lower()
    if raw not in {"true", "false", "1", "0"}:
        raise ImproperlyConfigured(f"{name}={raw!r}: use true or false")
    return raw in {"true", "1"}


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={raw!r}: use a whole number") from error
    if value < minimum:
        raise ImproperlyConfigured(f"{name}={raw!r}: use at least {minimum}")
    return value


def choice(name: str, default: str, options: Sequence[str]) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r}: use one of {', '.join(options)}")
    return value


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """A list written with commas: `a.example, b.example`."""
    raw = text(name, ",".join(default))
    return [word.strip() for word in raw.split(",") if word.strip()]


def url(name: str, default: str, *, schemes: Sequence[str]) -> str:
    value = text(name, default)
    scheme, separator, _ = value.partition("://")
    if not separator or scheme not in schemes:
        # The value may hold a password, so it is not repeated here.
        raise ImproperlyConfigured(f"{name}: use a URL that begins with {'://, '.join(schemes)}://")
    return value


def directory(name: str, default: Path) -> Path:
    """An absolute directory, made with mode 0700 if it is missing."""
    path = Path(text(name, str(default))).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}={str(path)!r} cannot be used as a directory: {error}"
        ) from error
    return path
