"""The public keys of platforms: in memory, ready to verify, fetched outside the launch.

RFC 7517 (JWK Set), RFC 9111 (freshness), IMS Security Framework 1.0 section 6.3 (key set URL, rotation).

- A key is made into a key object once; a launch only looks it up by its id.
- ``Cache-Control`` of the platform says how long a set is fresh (bounded by :data:`LONGEST`). A set that is past
  that is still used, and fetched again in the background: a slow or dead key host changes nothing for a launch.
- Only an unknown key id makes a launch wait for the network, and only once in :data:`PAUSE` seconds for each set,
  whatever is asked: a flood of invented key ids cannot be turned on the platform.
"""

from __future__ import annotations

import re
import threading
import time
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from lti.errors import LaunchRefused, LtiError
from lti.network import Answer, Network, Request, open_session, send
from lti.refusals import Refusal

Fetch = Callable[[str], Answer]
"""GET with the guard of :mod:`lti.network`; raises :class:`lti.errors.PlatformError`."""
Spawn = Callable[[Callable[[], None]], None]
"""Runs something in the background."""

PAUSE = 30.0
SHORTEST, USUAL, LONGEST = 300.0, 3600.0, 86_400.0
ALGORITHMS = frozenset({"RS256", "ES256"})
_PADDING, _SHA256, _ECDSA = padding.PKCS1v15(), SHA256(), ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key of a platform. Its kind, and not the token, says which algorithm it verifies."""

    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey

    @property
    def algorithm(self) -> str:
        """The only algorithm that this key verifies (RFC 7518 section 3.1)."""
        return "RS256" if isinstance(self.key, rsa.RSAPublicKey) else "ES256"

    def verify(self, signature: bytes, text: bytes) -> bool:
        """Say whether ``signature`` (as in a JWS) is right for ``text``."""
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, text, _PADDING, _SHA256)
            else:
                self.key.verify(_der(signature), text, _ECDSA)
        except (InvalidSignature, ValueError):
            return False
        return True


def _der(signature: bytes) -> bytes:
    """Turn the 64 bytes r and s of a JWS into what the verifier takes (RFC 7518 section 3.4)."""
    if len(signature) != 64:
        raise ValueError("not an ES256 signature")
    return encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))


def read_keys(document: object) -> dict[str, PublicKey]:
    """Return the usable keys of a JWK Set by their id; others are left out, as RFC 7517 section 5 asks."""
    keys = document.get("keys") if isinstance(document, dict) else None
    named = [key for key in keys or () if isinstance(key, dict) and isinstance(key.get("kid"), str)]
    return {key["kid"]: public for key in named if (public := _read_key(key))}


def _read_key(key: Mapping[str, object]) -> PublicKey | None:
    if key.get("use", "sig") != "sig":
        return None
    try:
        if key.get("kty") == "RSA" and key.get("alg", "RS256") == "RS256":
            public = rsa.RSAPublicNumbers(_number(key, "e"), _number(key, "n")).public_key()
            return PublicKey(public) if public.key_size >= 2048 else None
        if key.get("kty") == "EC" and key.get("crv") == "P-256" and key.get("alg", "ES256") == "ES256":
            numbers = ec.EllipticCurvePublicNumbers(_number(key, "x"), _number(key, "y"), ec.SECP256R1())
            return PublicKey(numbers.public_key())
    except (ValueError, NotBase64):
        return None
    return None


def _number(key: Mapping[str, object], name: str) -> int:
    value = str(key.get(name, ""))
    return int.from_bytes(urlsafe_b64decode(value + "=" * (-len(value) % 4)))


def freshness(headers: Mapping[str, str]) -> float:
    """Return for how many seconds an answer is fresh, by ``Cache-Control: max-age`` within our bounds."""
    control = headers.get("cache-control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return SHORTEST
    found = re.search(r"\bmax-age=(\d{1,9})\b", control)
    return min(max(float(found[1]), SHORTEST), LONGEST) if found else USUAL


class KeySet:
    """The keys behind one URL."""

    def __init__(self, url: str, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._url, self._fetch, self._clock = url, fetch, clock
        self._lock = threading.Lock()
        self._keys: dict[str, PublicKey] = {}
        self._fresh_until = self._asked_at = float("-inf")

    def known(self, key_id: str) -> PublicKey | None:
        """Return a key that is in memory."""
        return self._keys.get(key_id)

    @property
    def stale(self) -> bool:
        """Whether the set should be fetched again, and may be by now."""
        now = self._clock()
        return now > self._fresh_until and now - self._asked_at > PAUSE

    def refetch(self, missing: str = "") -> None:
        """Fetch the set unless that happened a moment ago; those who come meanwhile wait for the one fetch.

        Keeps what there is when the platform does not answer, or answers with no key at all.
        """
        with self._lock:
            if missing in self._keys or self._clock() - self._asked_at <= PAUSE:
                return
            self._asked_at = self._clock()
            try:
                answer = self._fetch(self._url)
                keys = read_keys(answer.json()) if answer.status == 200 else {}
            except LtiError:
                return
            if keys:
                self._keys = keys
                self._fresh_until = self._clock() + freshness(answer.headers)

    @property
    def empty(self) -> bool:
        """Whether the platform's keys could never be read."""
        return not self._keys


def fetcher(network: Network) -> Fetch:
    """Return what fetches a key set within the limits of ``network``."""

    def fetch(url: str) -> Answer:
        with open_session(network) as session:
            return send(session, Request(url=url), network)

    return fetch


def in_background(work: Callable[[], None]) -> None:
    """Run ``work`` in a thread of its own that does not keep the process alive."""
    threading.Thread(target=work, name="key-refresh", daemon=True).start()


class KeySets:
    """All key sets by URL."""

    def __init__(
        self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic, spawn: Spawn = in_background
    ) -> None:
        self._fetch, self._clock, self._spawn = fetch, clock, spawn
        self._sets: dict[str, KeySet] = {}
        self._lock = threading.Lock()

    def find(self, url: str, key_id: str) -> PublicKey:
        """Return the key ``key_id`` of the set at ``url``. Raises :class:`LaunchRefused`."""
        keys = self._set(url)
        if key := keys.known(key_id):
            if keys.stale:
                self._spawn(keys.refetch)
            return key
        keys.refetch(missing=key_id)
        if key := keys.known(key_id):
            return key
        raise LaunchRefused(Refusal.KEYS_UNAVAILABLE if keys.empty else Refusal.KEY_UNKNOWN)

    def _set(self, url: str) -> KeySet:
        if known := self._sets.get(url):
            return known
        with self._lock:
            return self._sets.setdefault(url, KeySet(url, self._fetch, self._clock))
