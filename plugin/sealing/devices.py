"""Seal keys that never leave their device: a hardware security module or a smart card, by PKCS#11.

PKCS#11 v2.40 (OASIS). What is signed is hashed here, so that a credential of 60 kB does not travel to the device:
CKM_ECDSA over the digest gives r || s as JWS wants it, CKM_RSA_PKCS over a DigestInfo (RFC 8017, clause 9.2) gives
RSASSA-PKCS1-v1_5. One session per process, used by one thread at a time; a lost one is renewed once before
a seal fails, and failing is retryable: the award waits. Needs the extra ``pkcs11``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509

from plugin.sealing.errors import KeyUnsuitable, SealDeviceRefused, SealDeviceUnavailable
from plugin.sealing.keys import SealKey, joined
from plugin.sealing.trial import trial_signature, verifies

try:
    import pkcs11
    from pkcs11 import KeyType, Mechanism, ObjectClass
    from pkcs11 import exceptions as wrong
except ImportError:  # pragma: no cover - the tests have the extra
    pkcs11 = None  # type: ignore[assignment]
else:
    _PIN_REFUSED = (wrong.PinIncorrect, wrong.PinInvalid, wrong.PinLenRange, wrong.PinLocked, wrong.PinExpired)

T = TypeVar("T")

_ONE_AT_A_TIME = threading.Lock()
"""Sessions are not for two threads, and renewing one ends all of a library."""
_REFUSED = "the token refuses the PIN; it is not tried again before a restart, lest the token be locked"
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER of a DigestInfo for SHA-256 up to the digest itself."""


@dataclass(frozen=True, slots=True)
class DevicePlace:
    """Where a key is: the vendor's library, the labels of token and private key; and the PIN of the token's user."""

    module: Path
    token: str
    key: str
    pin: str = field(repr=False)


def device_seal(place: DevicePlace, certificates: Sequence[x509.Certificate]) -> SealKey:
    """Join a device's key with the one of ``certificates`` that its signature verifies with.

    Raise :class:`SealDeviceUnavailable`, :class:`SealDeviceRefused`, :class:`KeyMismatch` or :class:`KeyUnsuitable`.
    """
    key = device_key(place)
    signature = trial_signature(key)
    return joined(key, next((one for one in certificates if verifies(signature, one)), None), certificates)


@lru_cache(maxsize=8)
def device_key(place: DevicePlace) -> DeviceKey:
    """Return the one object of a process for a key: checks and seals share its session, and a PIN is refused once."""
    if pkcs11 is None:
        raise KeyUnsuitable("keys in devices need the extra: pip install 'microcredential-bridge[pkcs11]'")
    return DeviceKey(place)


class DeviceKey:
    """Signs with a key in a device."""

    def __init__(self, place: DevicePlace) -> None:
        self._place = place
        self._process = 0
        self._key: Any = None
        self._is_refused = False

    @property
    def algorithm(self) -> str:
        """ES256 for a key on an elliptic curve, RS256 for RSA."""
        return self._renewing(lambda key: "ES256" if key.key_type is KeyType.EC else "RS256")

    def sign(self, signing_input: bytes) -> bytes:
        """Return the JWS signature value. Raise :class:`SealDeviceUnavailable` or :class:`SealDeviceRefused`."""
        digest = sha256(signing_input).digest()
        return self._renewing(lambda key: _signed(key, digest))

    def _renewing(self, work: Callable[[Any], T]) -> T:
        """Do ``work`` with the key; where its session was lost, once more in a new one."""
        with _ONE_AT_A_TIME:
            try:
                return work(self._opened())
            except wrong.PKCS11Error:
                self._key = None
            try:
                return work(self._opened())
            except wrong.PKCS11Error as error:
                self._key = None
                said = f"the device of the seal does not sign ({type(error).__name__})"
                raise SealDeviceUnavailable(said) from None

    def _opened(self) -> Any:
        """Return the key in a session of this very process: one that a fork inherits is its parent's."""
        if self._key is None or self._process != os.getpid():
            self._key = self._open()
            self._process = os.getpid()
        return self._key

    def _open(self) -> Any:
        if self._is_refused:
            raise SealDeviceRefused(_REFUSED)
        library = pkcs11.lib(str(self._place.module))
        if self._process:  # opened before: the token was away, or this is a fork
            library.reinitialize()
        session = self._logged_in(library.get_token(token_label=self._place.token))
        try:
            return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._place.key)
        except (wrong.NoSuchKey, wrong.MultipleObjectsReturned):
            raise KeyUnsuitable("the token has no private key of that label, or more than one") from None

    def _logged_in(self, token: Any) -> Any:
        try:
            return token.open(user_pin=self._place.pin)
        except wrong.UserAlreadyLoggedIn:
            return token.open()
        except _PIN_REFUSED:
            self._is_refused = True
            raise SealDeviceRefused(_REFUSED) from None


def _signed(key: Any, digest: bytes) -> bytes:
    if key.key_type is KeyType.EC:
        return bytes(key.sign(digest, mechanism=Mechanism.ECDSA))
    return bytes(key.sign(_DIGEST_INFO + digest, mechanism=Mechanism.RSA_PKCS))
