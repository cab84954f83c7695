"""Sessions of browsers: what signs them, and their cookie."""

from __future__ import annotations

import hmac

from flask import Flask

from plugin.errors import InvalidSettings
from plugin.web.security import SESSION_COOKIE


def init_app(app: Flask, secret_keys: tuple[str, ...]) -> None:
    """Sign sessions by the first secret, and read those that older ones signed. Raises :class:`InvalidSettings`."""
    if not secret_keys:
        raise InvalidSettings(("MICROCRED_SECRET_KEYS: needed; make one with `microcred secrets new`",))
    first, *older = (hmac.digest(key.encode(), b"browser sessions", "sha256") for key in secret_keys)
    app.secret_key = first
    app.config["SECRET_KEY_FALLBACKS"] = older
    app.config.update(SESSION_COOKIE)
