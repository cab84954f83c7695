"""Reading an SD-JWT: the claims that its disclosures add up to, or why they do not.

RFC 9901 clause 7.1 (verification of the SD-JWT), clause 7.3 (key binding). A disclosure that nothing refers to, a
digest that occurs twice or a claim that is there already makes the whole credential invalid; some libraries silently
drop such a disclosure instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from plugin.sealing.compact import Compact, read
from plugin.sealing.errors import DocumentUnsuitable, SealError
from plugin.sealing.multikey import PublicKey, from_base64url
from plugin.sealing.sd_jwt import NEVER_DISCLOSABLE, digest

Json: TypeAlias = object
_RESERVED = frozenset({"_sd", "..."})
MAX_DISCLOSURES = 500


@dataclass(frozen=True, slots=True)
class SdJwt:
    """A parsed SD-JWT, its signatures not checked. ``claims`` are what is disclosed, without digests."""

    token: Compact
    claims: Mapping[str, Json]
    disclosed: frozenset[str]
    """Names of the top-level claims that a disclosure gave."""
    signed_text: str
    """What a key binding JWT commits to: everything up to and with the last tilde."""
    binding: str
    """The key binding JWT, «» where there is none."""


@dataclass(frozen=True, slots=True)
class _Disclosure:
    name: str | None
    """None for an element of a list."""
    value: Json


def read_sd_jwt(text: str) -> SdJwt:
    """Take an SD-JWT apart and put its claims together. Raise :class:`DocumentUnsuitable`."""
    signed_text, tilde, binding = text.rpartition("~")
    if not tilde:
        raise DocumentUnsuitable("the credential is no SD-JWT")
    token_text, *disclosures = signed_text.split("~")
    token = read(token_text)
    if token.payload.get("_sd_alg", "sha-256") != "sha-256" or len(disclosures) > MAX_DISCLOSURES:
        raise DocumentUnsuitable("the SD-JWT uses another hash, or has too many disclosures")
    assembly = _Assembly(disclosures)
    claims = assembly.reveal_object({name: value for name, value in token.payload.items() if name != "_sd_alg"})
    assembly.require_all_used()
    return SdJwt(token, claims, frozenset(claims) - frozenset(token.payload), f"{signed_text}~", binding)


class _Assembly:
    """Puts disclosures where their digests stand, and remembers what was seen."""

    def __init__(self, disclosures: list[str]) -> None:
        self._open = {digest(each): _parsed(each) for each in disclosures}
        if len(self._open) != len(disclosures):
            raise DocumentUnsuitable("a disclosure of the SD-JWT is there twice")
        self._seen: set[str] = set()

    def reveal_object(self, claims: Mapping[str, Json]) -> dict[str, Json]:
        """Return ``claims`` with what is disclosed of them, digests left out (RFC 9901, 7.1 step 3)."""
        revealed = {name: self._reveal(value) for name, value in claims.items() if name != "_sd"}
        if "..." in revealed:
            raise DocumentUnsuitable("a claim of the SD-JWT has a reserved name")
        for each in _digests(claims.get("_sd", [])):
            found = self._take(each)
            if found is None:
                continue
            if found.name is None or found.name in revealed or found.name in _RESERVED | NEVER_DISCLOSABLE:
                raise DocumentUnsuitable("a disclosure of the SD-JWT names no claim that it may")
            revealed[found.name] = self._reveal(found.value)
        return revealed

    def require_all_used(self) -> None:
        """Refuse disclosures that nothing refers to (step 5)."""
        if self._open:
            raise DocumentUnsuitable("a disclosure of the SD-JWT belongs to nothing that was signed")

    def _reveal(self, value: Json) -> Json:
        if isinstance(value, dict):
            return self.reveal_object(value)
        if isinstance(value, list):
            return [each for element in value for each in self._reveal_element(element)]
        return value

    def _reveal_element(self, element: Json) -> list[Json]:
        if not (isinstance(element, dict) and set(element) == {"..."}):
            return [self._reveal(element)]
        found = self._take(element["..."])
        if found is None:
            return []
        if found.name is not None:
            raise DocumentUnsuitable("a disclosure of the SD-JWT is no element of a list")
        return [self._reveal(found.value)]

    def _take(self, found: Json) -> _Disclosure | None:
        """Return the disclosure of a digest, None for one withheld; a digest counts once (step 4)."""
        if not isinstance(found, str) or found in self._seen:
            raise DocumentUnsuitable("a digest of the SD-JWT is no text, or is there twice")
        self._seen.add(found)
        return self._open.pop(found, None)


def _digests(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise DocumentUnsuitable("the digests of the SD-JWT are no list")
    return value


def _parsed(disclosure: str) -> _Disclosure:
    """Read ``[salt, name, value]`` or ``[salt, value]``."""
    try:
        parts = json.loads(from_base64url(disclosure))
    except (ValueError, RecursionError):
        raise DocumentUnsuitable("a disclosure of the SD-JWT cannot be read") from None
    match parts:
        case [str(), str(name), value]:
            return _Disclosure(name, value)
        case [str(), value]:
            return _Disclosure(None, value)
    raise DocumentUnsuitable("a disclosure of the SD-JWT cannot be read")


def binding_fault(credential: SdJwt, audience: str, nonce: str) -> str:
    """Return why the key binding JWT does not bind (RFC 9901 clause 7.3), «» where it does.

    1. the credential names the holder's key; 2. that key signed; 3. type, audience, nonce; 4. the hash of what was
    presented. How old it may be is for the caller to say.
    """
    confirmation = credential.claims.get("cnf")
    jwk = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    try:
        key = PublicKey.from_jwk(jwk)
        token = read(credential.binding)
    except SealError as error:
        return error.code
    if not token.verified_by(key) or token.header.get("typ") != "kb+jwt":
        return "binding_not_signed"
    if (token.payload.get("aud"), token.payload.get("nonce")) != (audience, nonce):
        return "binding_for_another"
    return "" if token.payload.get("sd_hash") == digest(credential.signed_text) else "binding_of_another"
