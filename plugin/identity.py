"""Who we are, for machines: the documents that tell a stranger whose signature a credential bears.

``/.well-known/did.json`` (did:web, https://w3c-ccg.github.io/did-method-web/; Controlled Identifiers 1.0) for Open
Badges, ``/.well-known/jwt-vc-issuer`` (SD-JWT VC) and ``/.well-known/jwks.json`` (RFC 7517) for tokens, and what our
credentials refer to: the JSON-LD context and the metadata of our SD-JWT VC type. An issuer below a path has its own.

Keys are listed for ever: a credential outlives the key that signed it. The issuer's seal is not among them; its
certificate travels with every document. :func:`listing` shows all of them in one place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa

from mappings.documents.identifiers import did_web, instant
from mappings.documents.open_badges import OWN_CONTEXT_PATH
from mappings.documents.sd_jwt_vc import OWN_TYPE_PATH, type_metadata
from plugin.sealing.contexts import own_context
from plugin.sealing.key_history import KeyHistory, KeyState, PublishedKey
from plugin.sealing.seal_history import KnownSeal

_DID_CONTEXTS = [
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
]


@dataclass(frozen=True, slots=True)
class Published:
    """A document as it is served: ``body`` is UTF-8, ``media_type`` its content type."""

    body: bytes
    media_type: str


def did_document(issuer_url: str, history: KeyHistory) -> dict[str, object]:
    """Return the DID document: every key twice, as Multikey for proofs and as JWK for tokens.

    ``assertionMethod`` names them by plain strings with the whole DID URL: what the 1EdTech validator reads. It leaves
    out a compromised key: few verifiers read ``revoked``, all of them look there.
    """
    did = did_web(issuer_url)
    methods = [method for key in history.keys for method in _methods(did, key)]
    return {
        "@context": _DID_CONTEXTS,
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods if "revoked" not in method],
    }


def _methods(did: str, key: PublishedKey) -> Iterable[dict[str, object]]:
    public = key.public
    revoked = {} if key.compromised_at is None else {"revoked": instant(key.compromised_at)}
    yield {
        "id": f"{did}#{public.multibase}",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": public.multibase,
        **revoked,
    }
    yield {
        "id": f"{did}#{public.thumbprint}",
        "type": "JsonWebKey",
        "controller": did,
        "publicKeyJwk": _jwk(key),
        **revoked,
    }


def _jwk(key: PublishedKey) -> dict[str, str]:
    return {**key.public.jwk, "kid": key.public.thumbprint, "alg": key.public.algorithm, "use": "sig"}


def jwk_set(history: KeyHistory) -> dict[str, object]:
    """Return every key that is not compromised: a JWK cannot say from when it was."""
    return {"keys": [_jwk(key) for key in history.keys if key.compromised_at is None]}


def jwt_vc_issuer(issuer_url: str, history: KeyHistory) -> dict[str, object]:
    """Return the JWT VC issuer metadata (draft-ietf-oauth-sd-jwt-vc, «JWT VC Issuer Metadata»)."""
    return {"issuer": issuer_url, "jwks": jwk_set(history)}


def published(issuer_url: str, history: KeyHistory) -> Mapping[str, Published]:
    """Return every document of the issuer by its path below the host, where each is served.

    An issuer at ``https://host/tenant`` has its DID document at ``/tenant/did.json`` (did:web, 2.5.2) and its issuer
    metadata at ``/.well-known/jwt-vc-issuer/tenant`` (the well-known string stands between host and path).
    """
    documents = (
        _json(did_document(issuer_url, history), "application/did+json"),
        _json(jwk_set(history), "application/jwk-set+json"),
        _json(jwt_vc_issuer(issuer_url, history), "application/json"),
        Published(own_context(), "application/ld+json"),
        _json(type_metadata(issuer_url), "application/json"),
    )
    return dict(zip(addresses(issuer_url), documents, strict=True))


def addresses(issuer_url: str) -> tuple[str, ...]:
    """Return the paths of :func:`published`, also of an issuer that has no keys yet."""
    base = issuer_url.rstrip("/").partition("://")[2].partition("/")[2]
    prefix = f"/{base}" if base else ""
    return (
        f"{prefix or '/.well-known'}/did.json",
        f"{prefix}/.well-known/jwks.json",
        f"/.well-known/jwt-vc-issuer{prefix}",
        f"{prefix}{OWN_CONTEXT_PATH}",
        f"{prefix}{OWN_TYPE_PATH}",
    )


def _json(document: Mapping[str, object], media_type: str) -> Published:
    return Published(json.dumps(document, separators=(",", ":")).encode(), media_type)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """One line of the list of all keys; ``purpose`` in words, times aware UTC."""

    key_id: str
    algorithm: str
    purpose: str
    state: str
    since: datetime
    until: datetime | None = None
    """When its certificate ends; a key without certificate has no end."""


def listing(
    history: KeyHistory, seals: tuple[KnownSeal, ...], active_seal: str, now: datetime
) -> tuple[ListedKey, ...]:
    """Return every seal and every credential key; ``active_seal`` is the thumbprint of the seal in use, «» for none."""
    active = next((seal for seal in seals if seal.key_id == active_seal), None)
    return (
        *(_listed_seal(seal, seal.state(active, now)) for seal in seals),
        *(
            ListedKey(
                key.public.thumbprint, key.public.algorithm, "credentials", history.state(key, now), key.signs_from
            )
            for key in history.keys
        ),
    )


def _listed_seal(seal: KnownSeal, state: KeyState) -> ListedKey:
    certificate = seal.certificate
    algorithm = "RS256" if isinstance(certificate.public_key(), rsa.RSAPublicKey) else "ES256"
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return ListedKey(seal.key_id, algorithm, "seal", state, begins, ends)
