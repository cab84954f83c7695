"""Sessions of browsers: the key that signs them, and a cookie that comes back inside a platform's frame."""

from __future__ import annotations

import hmac

from flask import Flask

from plugin.errors import InvalidSettings

COOKIE = {
    "SESSION_COOKIE_NAME": "__Host-microcred",
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "None",
    "SESSION_COOKIE_PARTITIONED": True,
}
"""A cookie that comes back inside a platform's frame, and that no other host can set."""


def init_app(app: Flask, secret_keys: tuple[str, ...]) -> None:
    """Sign sessions by the first secret, and read those that older ones signed. Raises :class:`InvalidSettings`."""
    if not secret_keys:
        raise InvalidSettings(("MICROCRED_SECRET_KEYS: needed; make one with `microcred secrets new`",))
    first, *older = (hmac.digest(key.encode(), b"browser sessions", "sha256") for key in secret_keys)
    app.secret_key = first
    app.config["SECRET_KEY_FALLBACKS"] = older
    app.config.update(COOKIE)
