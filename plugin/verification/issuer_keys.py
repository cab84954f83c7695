"""Whose key it is: the answer that a check needs about the name of a key in a credential.

``did:key`` is its own answer (https://w3c-ccg.github.io/did-key-spec/). ``did:web`` documents and JWT VC issuer
metadata are for a :data:`KeyLookup` to find; reading them is here: Controlled Identifiers 1.0 clause 3.3 («Retrieve
Verification Method») and draft-ietf-oauth-sd-jwt-vc («JWT VC Issuer Metadata»).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from plugin.sealing.errors import SealError
from plugin.sealing.key_history import KeyHistory, PublishedKey
from plugin.sealing.multikey import PublicKey
from plugin.verification.parsing import JsonObject

KeyLookup: TypeAlias = Callable[[str, str], PublishedKey | None]
"""Gets an issuer (DID or https URL) and the name of a key (DID URL or ``kid``): the key, where the issuer publishes it
for assertions; None where it does not, or nobody could be asked. Never raises; any HTTP is its own."""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Answers for the issuers whose history is here: no network for our own credentials."""

    histories: dict[str, KeyHistory]
    """By issuer: the DID and the URL of each."""

    def __call__(self, issuer: str, name: str) -> PublishedKey | None:
        """Return our own key."""
        history = self.histories.get(issuer)
        return history.find(name.rpartition("#")[2]) if history else None


def first_found(*lookups: KeyLookup) -> KeyLookup:
    """Return a lookup that asks each in turn."""

    def find(issuer: str, name: str) -> PublishedKey | None:
        return next((found for lookup in lookups if (found := lookup(issuer, name))), None)

    return find


def did_key(issuer: str, name: str) -> PublishedKey | None:
    """Answer for ``did:key``: the issuer is the key."""
    did, _, fragment = name.partition("#")
    multibase = issuer.removeprefix("did:key:")
    if did != issuer or multibase == issuer or fragment != multibase:
        return None
    try:
        return PublishedKey(PublicKey.from_multibase(multibase), _EVER)
    except SealError:
        return None


def key_of_did_document(document: object, issuer: str, name: str) -> PublishedKey | None:
    """Return the key ``name`` of a DID document, None where the document is not ``issuer``'s or does not list it.

    1. the document is the issuer's; 2. it lists the key as the issuer's own; 3. ``assertionMethod`` names it, or it is
    ``revoked``, which says from when it does not count; 4. it is of a kind that is known.
    """
    if not isinstance(document, dict) or document.get("id") != issuer:
        return None
    asserting = tuple(_many(document.get("assertionMethod")))
    methods = (*_many(document.get("verificationMethod")), *asserting)
    method = next((each for each in methods if isinstance(each, dict) and _named(each, name, issuer)), None)
    if method is None or method.get("controller") != issuer:
        return None
    found = _published(method)
    may_assert = any(_named(each, name, issuer) for each in asserting)
    return found if found and (may_assert or found.compromised_at is not None) else None


def key_of_issuer_metadata(document: object, issuer: str, name: str) -> PublishedKey | None:
    """Return the key whose ``kid`` is ``name`` of JWT VC issuer metadata with its keys inside."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        return None
    keys = document.get("jwks")
    listed = keys.get("keys") if isinstance(keys, dict) else None
    jwk = next((each for each in _many(listed) if isinstance(each, dict) and each.get("kid") == name), None)
    return None if jwk is None else _published({"publicKeyJwk": jwk})


def _published(method: JsonObject) -> PublishedKey | None:
    revoked = method.get("revoked")
    try:
        multibase = method.get("publicKeyMultibase")
        public = (
            PublicKey.from_multibase(multibase)
            if isinstance(multibase, str)
            else PublicKey.from_jwk(method.get("publicKeyJwk"))
        )
        since = datetime.fromisoformat(revoked).astimezone(UTC) if isinstance(revoked, str) else None
    except (SealError, ValueError):
        return None
    return PublishedKey(public, _EVER, since)


def _named(method: object, name: str, issuer: str) -> bool:
    """Tell whether ``method``, its name or itself, is the one called ``name``; a name may be relative to the issuer."""
    found = method.get("id") if isinstance(method, dict) else method
    return isinstance(found, str) and (f"{issuer}{found}" if found.startswith("#") else found) == name


def _many(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()
