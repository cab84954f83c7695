"""The session of a browser: Flask's signed cookie, as plain JSON and without compression.

A session holds a few launch ids, which are random. Compressing them, and looking for Python types that JSON has not,
costs a launch more than the check of its signature (``make bench``). Cookies of Flask's own kind are still read.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import TimedSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode


class SessionSerializer(URLSafeTimedSerializer):
    """Signs as Flask does; the content is JSON in base64url."""

    def dump_payload(self, obj: Any) -> bytes:
        """Return the content before it is signed."""
        return base64_encode(TimedSerializer.dump_payload(self, obj))


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions with our serializer."""

    def get_signing_serializer(self, app: Flask) -> SessionSerializer:
        """Return what signs the sessions of ``app``. Raises :class:`ValueError` where it has no secret key."""
        if not app.secret_key:
            raise ValueError("the application has no secret key")
        keys = [*(app.config["SECRET_KEY_FALLBACKS"] or ()), app.secret_key]
        signing = {"key_derivation": self.key_derivation, "digest_method": self.digest_method}
        return SessionSerializer(keys, salt=self.salt, signer_kwargs=signing)
