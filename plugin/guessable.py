"""Secrets that anybody can guess, and that an installation which strangers rely on may not have."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from plugin.settings import Settings

PREFIX = "MICROCRED_"
_SHORTEST_TOKEN = 16
_KNOWN_PASSWORDS = frozenset({"admin", "changeme", "guest", "microcred", "password", "postgres", "redis", "secret"})


def public_problems(settings: Settings) -> list[str]:
    """Refuse secrets that anybody can guess, where strangers rely on what is sealed."""
    if not settings.is_public:
        return []
    problems = []
    if any(_is_typed(key) for key in settings.secret_keys):
        problems.append(f"{PREFIX}SECRET_KEYS: made of typed text, not at random; use `microcred secrets new`")
    if 0 < len(settings.operator_token) < _SHORTEST_TOKEN:
        problems.append(f"{PREFIX}OPERATOR_TOKEN: shorter than {_SHORTEST_TOKEN} characters")
    urls = {"DATABASE_URL": settings.database, "BROKER_URL": settings.broker_url}
    problems += [
        f"{PREFIX}{name}: its password is a default that everybody knows"
        for name, url in urls.items()
        if (urlsplit(url).password or "").lower() in _KNOWN_PASSWORDS
    ]
    return problems


def _is_typed(key: str) -> bool:
    """Tell whether a Fernet key is text in disguise; 32 random bytes are all printable once in 10**13."""
    try:
        return urlsafe_b64decode(key).decode("ascii").isprintable()
    except ValueError:
        return False
