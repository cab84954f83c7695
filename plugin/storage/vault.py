"""Secrets at rest: encrypted with the first of the installation's keys, readable with any of them."""

from __future__ import annotations

import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from plugin.errors import InvalidSettings


class Vault:
    """Encrypts what the database must not show: web-service tokens, private keys of the tool, mail addresses."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._secrets = keys
        fernets = [Fernet(key) for key in keys]
        self._first = fernets[0] if keys else None
        self._fernet = MultiFernet(fernets) if keys else None

    def lock(self, secret: str) -> bytes:
        """Encrypt ``secret``. Raises :class:`InvalidSettings` where no key is configured."""
        return self._keys().encrypt(secret.encode())

    def unlock(self, token: bytes) -> str:
        """Decrypt. Raises :class:`InvalidSettings` where no configured key fits."""
        try:
            return self._keys().decrypt(token).decode()
        except InvalidToken:
            raise InvalidSettings(("MICROCRED_SECRET_KEYS: no key opens what is stored",)) from None

    def renew(self, token: bytes) -> bytes:
        """Encrypt again with the first key, after a new one was put in front. Raises as :meth:`unlock` does."""
        return self.lock(self.unlock(token))

    def is_newest(self, token: bytes) -> bool:
        """Tell whether the first key alone opens it, so that no other is needed for it any more."""
        if self._first is None:
            return False
        try:
            self._first.decrypt(token)
        except InvalidToken:
            return False
        return True

    def mark(self, text: str) -> str:
        """Return a keyed mark by which ``text`` is found again without being shown (HMAC-SHA-256)."""
        self._keys()
        return _mark(self._secrets[0], text)

    def marks(self, text: str) -> tuple[str, ...]:
        """Return every mark that ``text`` may have been kept under: one of each key."""
        return tuple(_mark(key, text) for key in self._secrets)

    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise InvalidSettings(("MICROCRED_SECRET_KEYS: needed; make one with `microcred secrets new`",))
        return self._fernet


def _mark(key: str, text: str) -> str:
    return hmac.digest(key.encode(), f"mark:{text}".encode(), "sha256").hex()
