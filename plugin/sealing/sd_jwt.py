"""SD-JWT VC: claims that the holder discloses one by one, bound to the holder's key.

RFC 9901 (SD-JWT), draft-ietf-oauth-sd-jwt-vc. A disclosable claim is replaced by the digest of its disclosure,
``base64url([salt, name, value])``; a salt has 128 random bits, so that nobody can guess a value from its digest. What
must never be withheld (``iss nbf exp cnf vct status``) is not disclosable by construction.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mappings.documents.envelope import Document, Format
from mappings.documents.sd_jwt_vc import ClaimsDocument, disclosable
from plugin.sealing import Sealed
from plugin.sealing.compact import compact_json, sign
from plugin.sealing.credential_keys import Signer
from plugin.sealing.data_integrity import read_object
from plugin.sealing.errors import DocumentUnsuitable, IssuerDisagrees
from plugin.sealing.multikey import base64url

MEDIA_TYPE = "application/dc+sd-jwt"
TYPES = frozenset({"dc+sd-jwt", "vc+sd-jwt"})
"""``typ`` of a credential: the second is that of drafts before November 2024, still about."""
NEVER_DISCLOSABLE = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"})


def new_salt() -> str:
    """Return 128 random bits, base64url."""
    return secrets.token_urlsafe(16)


class SdJwtSealer:
    """Signs SD-JWT VCs of one issuer."""

    format = Format.SD_JWT_VC

    def __init__(
        self,
        key: Signer,
        issuer_url: str,
        chain: tuple[x509.Certificate, ...] = (),
        salt: Callable[[], str] = new_salt,
    ) -> None:
        """Name the key by ``chain`` (leaf first, without its root), else by ``/.well-known/jwt-vc-issuer``.

        ``salt`` gives base64url text.
        """
        self._key = key
        self._issuer = compact_json(issuer_url)
        self._salt = salt
        named: dict[str, object] = {"kid": key.key_id}
        if chain:
            named = {"x5c": [b64encode(each.public_bytes(Encoding.DER)).decode() for each in chain]}
        self._header = {"typ": "dc+sd-jwt", **named}

    def seal(self, document: Document, now: datetime) -> Sealed:  # noqa: ARG002 - a time of signing would link copies
        """Return the SD-JWT with all its disclosures, bound to no holder key."""
        return self.seal_for(document, None)

    def seal_for(self, document: Document, holder: Mapping[str, str] | None) -> Sealed:
        """Return the SD-JWT bound to the public JWK ``holder``, without ``iat``, which would link copies.

        Raise :class:`IssuerDisagrees`, or :class:`DocumentUnsuitable` for a type that is none of ours.
        """
        claims = document.claims if isinstance(document, ClaimsDocument) else _claims_of(document.body)
        names = disclosable(str(json.loads(claims.get("vct", b"null"))))
        if claims.get("iss") != self._issuer:
            raise IssuerDisagrees("the credential names another issuer than the key")
        if not names:
            raise DocumentUnsuitable("the credential is of no type that is known here")
        disclosures = [self._disclosure(name, value) for name, value in claims.items() if name in names]
        members = [b"%s:%s" % (_quoted(name), value) for name, value in claims.items() if name not in names]
        members += [b'"_sd":%s' % compact_json(sorted(map(digest, disclosures))), b'"_sd_alg":"sha-256"']
        if holder is not None:
            members.append(b'"cnf":%s' % compact_json({"jwk": dict(holder)}))
        token = sign(self._header, b"{%s}" % b",".join(members), self._key)
        body = "~".join([token, *disclosures, ""]).encode()
        return Sealed(Format.SD_JWT_VC, body, MEDIA_TYPE, self._key.key_id)

    def _disclosure(self, name: str, value: bytes) -> str:
        return base64url(b'["%s",%s,%s]' % (self._salt().encode(), _quoted(name), value))


def _claims_of(body: bytes) -> dict[str, bytes]:
    """Return the claims of a document that does not know its parts, each value as JSON."""
    return {name: compact_json(value) for name, value in read_object(body).items()}


@lru_cache(maxsize=256)
def _quoted(name: str) -> bytes:
    return compact_json(name)


def digest(disclosure: str) -> str:
    """Return the digest that stands for a disclosure (RFC 9901 clause 4.2.3, sha-256)."""
    return base64url(sha256(disclosure.encode()).digest())
