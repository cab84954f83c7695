"""The session of a browser: Flask's signed cookie, as plain JSON and without compression.

A session holds a few launch ids, which are random. Compressing them, and looking for Python types that JSON has not,
costs a launch more than the check of its signature (``make bench``). Cookies of Flask's own kind are still read.
"""

from __future__ import annotations

from typing import Any, cast

import orjson
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadPayload, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import want_bytes
from pybase64 import b64decode, urlsafe_b64encode


class SessionSigner(TimestampSigner):
    """A signer that derives its keys once and not for every signature."""

    def __init__(self, *secrets: Any, **options: Any) -> None:
        super().__init__(*secrets, **options)
        self._derived = {secret: super(SessionSigner, self).derive_key(secret) for secret in self.secret_keys}

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        """Say whether ``sig`` is of one of our keys."""
        try:
            given = b64decode(want_bytes(sig) + b"=" * (-len(sig) % 4), b"-_", validate=True)
        except ValueError:
            return False
        text = want_bytes(value)
        return any(self.algorithm.verify_signature(key, text, given) for key in reversed(self._derived.values()))

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """Return the key that is derived from one of our secrets, by default from the newest."""
        return self._derived[self.secret_keys[-1] if secret_key is None else secret_key]  # type: ignore[index]


class SessionSerializer(URLSafeTimedSerializer):
    """Signs as Flask does; the content is JSON in base64url. One signer serves all."""

    def __init__(self, secrets: list[bytes], salt: str, **options: Any) -> None:
        super().__init__(secrets, salt, signer=SessionSigner, **options)
        self._signer = cast("TimestampSigner", super().make_signer())

    def make_signer(self, salt: str | bytes | None = None) -> TimestampSigner:
        """Return the signer; another one for a salt that is not ours."""
        return self._signer if salt in (None, self.salt) else cast("TimestampSigner", super().make_signer(salt))

    def load_payload(self, payload: bytes, *args: Any, **more: Any) -> Any:
        """Return the content whose signature was right; a compressed one is of Flask's own kind."""
        if payload.startswith(b"."):
            return super().load_payload(payload, *args, **more)
        try:
            return orjson.loads(b64decode(payload + b"=" * (-len(payload) % 4), b"-_", validate=True))
        except ValueError as wrong:
            raise BadPayload("the content is not JSON", original_error=wrong) from None

    def dump_payload(self, obj: Any) -> bytes:
        """Return the content before it is signed."""
        return urlsafe_b64encode(orjson.dumps(obj)).rstrip(b"=")


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions with our serializer."""

    def get_signing_serializer(self, app: Flask) -> SessionSerializer:
        """Return what signs the sessions of ``app``. Raises :class:`ValueError` where it has no secret key."""
        if not app.secret_key:
            raise ValueError("the application has no secret key")
        keys = [*(app.config["SECRET_KEY_FALLBACKS"] or ()), app.secret_key]
        signing = {"key_derivation": self.key_derivation, "digest_method": self.digest_method}
        return SessionSerializer(keys, salt=self.salt, signer_kwargs=signing)
