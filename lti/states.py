"""State and nonce of the OIDC login, without storing anything until the launch arrives.

OpenID Connect Core sections 3.1.2.1 and 15.5.2; IMS Security Framework 1.0 section 5.1.1.

The state is a signed ticket: when it was made, for which registration, and 16 random bytes. The nonce is a MAC over
the state and a random value that only this browser has (a ``__Host-`` cookie, or LTI platform storage). So a launch
must come back to the browser that began it, with the state and the nonce of that very login; what is left to the
caller is to let each state pass once, which its random part is for (it becomes the key of the launch's row).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from pybase64 import b64decode, urlsafe_b64encode

from lti.claims import LaunchId, RegistrationId
from lti.errors import LaunchRefused
from lti.refusals import Refusal

BrowserKey = NewType("BrowserKey", str)
"""A random value that one browser keeps: the content of the cookie."""

HANDOVER = 300
"""Seconds in which a launch without cookies can be taken over by a tab of its own."""

LIFETIME = 600
"""Seconds between the click in the platform and the launch, a login at the platform included."""

_RANDOM, _MAC = 16, 16
_BODY = 4 + 16 + _RANDOM
_HANDOVER_BODY = 4 + _RANDOM


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a state that we signed says."""

    registration: RegistrationId
    launch: LaunchId
    """The random part: names the launch that this login may lead to."""


@dataclass(frozen=True, slots=True)
class States:
    """Makes and reads states. ``secrets`` (32 bytes or more each): the first signs, all are accepted."""

    secrets: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secrets or min(map(len, self.secrets)) < 32:
            raise ValueError("a state secret needs at least 32 bytes")

    def issue(self, registration: RegistrationId, now: datetime) -> str:
        """Return a new state (72 characters) for a login at ``registration``."""
        body = int(now.timestamp()).to_bytes(4) + bytes.fromhex(registration) + secrets.token_bytes(_RANDOM)
        return urlsafe_b64encode(body + _mac(self.secrets[0], b"state" + body)).decode()

    def read(self, state: str, now: datetime) -> Ticket:
        """Return what the state says. Raises :class:`LaunchRefused` where it is not ours or too old."""
        body = self._opened(state)
        if not 0 <= now.timestamp() - int.from_bytes(body[:4]) + 1 <= LIFETIME:
            raise LaunchRefused(Refusal.LOGIN_EXPIRED)
        return Ticket(RegistrationId(body[4:20].hex()), LaunchId(body[20:].hex()))

    def begun_at(self, state: str) -> RegistrationId:
        """Return where the login of a state began, however old: for showing the way back, and for nothing else."""
        return RegistrationId(self._opened(state)[4:20].hex())

    def _opened(self, state: str) -> bytes:
        body, mac = _split(state, _BODY)
        if not any(hmac.compare_digest(mac, _mac(secret, b"state" + body)) for secret in self.secrets):
            raise LaunchRefused(Refusal.STATE_FORGED)
        return body

    def nonces(self, state: str, browser: BrowserKey) -> tuple[str, ...]:
        """Return the nonces that fit ``state`` in this browser; the first is the one to send."""
        text = f"nonce{state}.{browser}".encode()
        return tuple(urlsafe_b64encode(_mac(secret, text)).decode().rstrip("=") for secret in self.secrets)

    def handover(self, launch: LaunchId, now: datetime) -> str:
        """Return a code for a form of ours that opens ``launch`` in a tab of its own."""
        body = int(now.timestamp()).to_bytes(4) + bytes.fromhex(launch)
        return urlsafe_b64encode(body + _mac(self.secrets[0], b"handover" + body)).decode()

    def read_handover(self, code: str, now: datetime) -> LaunchId:
        """Return the launch of a code. Raises :class:`LaunchRefused` where it is not ours or too old."""
        body, mac = _split(code, _HANDOVER_BODY)
        if not any(hmac.compare_digest(mac, _mac(secret, b"handover" + body)) for secret in self.secrets):
            raise LaunchRefused(Refusal.STATE_FORGED)
        if not 0 <= now.timestamp() - int.from_bytes(body[:4]) + 1 <= HANDOVER:
            raise LaunchRefused(Refusal.LOGIN_EXPIRED)
        return LaunchId(body[4:].hex())


def new_browser_key() -> BrowserKey:
    """Return a new value for the browser to keep."""
    return BrowserKey(secrets.token_urlsafe(24))


def _split(state: str, length: int) -> tuple[bytes, bytes]:
    try:
        raw = b64decode(state, b"-_", validate=True)
    except ValueError:
        raise LaunchRefused(Refusal.STATE_FORGED) from None
    if len(raw) != length + _MAC or urlsafe_b64encode(raw).decode() != state:
        raise LaunchRefused(Refusal.STATE_FORGED)
    return raw[:length], raw[length:]


def _mac(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, text, "sha256")[:_MAC]
