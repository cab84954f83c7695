"""An Open Badge as a JWT, in the dialect of badge servers or in that of wallets.

Open Badges 3.0 clause 8.2 (https://www.imsglobal.org/spec/ob/v3p0#jwt-proof) knows a header of ``alg``, ``kid``,
``jwk`` and ``typ``, which must be «JWT» if there; and requires ``iss``, ``jti``, ``nbf`` and ``sub``. W3C «Securing VCs
using JOSE and COSE» (https://www.w3.org/TR/vc-jose-cose/) wants ``typ: vc+jwt`` and allows those claims where they
equal the credential's. Both take the credential itself as the claims set, without a claim ``vc``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from mappings.documents.envelope import Document, Format
from mappings.documents.open_badges import BadgeDocument
from plugin.sealing import Sealed
from plugin.sealing.compact import Compact, compact_json, read, sign
from plugin.sealing.credential_keys import Signer
from plugin.sealing.data_integrity import issuer_of, read_object
from plugin.sealing.errors import DocumentUnsuitable, IssuerDisagrees


class Dialect(StrEnum):
    """Who is to read the token."""

    OPEN_BADGES = "open_badges"
    WALLET = "wallet"


_HEADERS: Mapping[Dialect, Mapping[str, str]] = {Dialect.OPEN_BADGES: {}, Dialect.WALLET: {"typ": "vc+jwt"}}
_MEDIA_TYPES = {Dialect.OPEN_BADGES: "application/jwt", Dialect.WALLET: "application/vc+jwt"}


class VcJwtSealer:
    """Signs Open Badges of one issuer as JWT."""

    format = Format.OPEN_BADGES_JWT

    def __init__(self, key: Signer, issuer: str, dialect: Dialect = Dialect.OPEN_BADGES) -> None:
        """``issuer`` is the DID that names the key by its thumbprint. The 1EdTech validator takes ES256, not EdDSA."""
        self._key = key
        self._issuer = issuer
        self._header = {"kid": f"{issuer}#{key.key_id}", **_HEADERS[dialect]}
        self._media_type = _MEDIA_TYPES[dialect]

    def seal(self, document: Document, now: datetime) -> Sealed:  # noqa: ARG002 - the standard knows no time of signing
        """Return ``document`` with its registered claims, signed. Raise :class:`IssuerDisagrees`."""
        issuer, claims = _claims(document)
        if issuer != self._issuer:
            raise IssuerDisagrees("the badge names another issuer than the key")
        payload = b"%s,%s" % (document.body.rstrip()[:-1], compact_json(claims)[1:])
        body = sign(self._header, payload, self._key).encode()
        return Sealed(self.format, body, self._media_type, self._key.key_id)


def _claims(document: Document) -> tuple[str, dict[str, str | int]]:
    """Return issuer and registered claims."""
    if not isinstance(document, BadgeDocument):
        return _claims_of(read_object(document.body))
    leaves = document.leaves
    claims = registered(document.issuer, leaves["id"], leaves["subject"], leaves["valid_from"])
    return document.issuer, claims | expiry(leaves.get("valid_until"))


def _claims_of(credential: Mapping[str, object]) -> tuple[str, dict[str, str | int]]:
    subject = credential.get("credentialSubject")
    named = subject.get("id") if isinstance(subject, dict) else None
    issuer, name, begins = issuer_of(credential), credential.get("id"), credential.get("validFrom")
    if not (isinstance(named, str) and isinstance(name, str) and isinstance(begins, str)):
        raise DocumentUnsuitable("a badge needs id, validFrom and a named subject to become a JWT")
    return issuer, registered(issuer, name, named, begins) | expiry(credential.get("validUntil"))


def registered(issuer: str, name: str, subject: str, begins: str) -> dict[str, str | int]:
    """Return the claims that Open Badges requires."""
    return {"iss": issuer, "jti": name, "sub": subject, "nbf": seconds(begins)}


def expiry(ends: object) -> dict[str, str | int]:
    """Return ``exp`` where the credential ends."""
    return {"exp": seconds(ends)} if isinstance(ends, str) else {}


def seconds(moment: str) -> int:
    """Return an xsd:dateTime with zone as seconds since 1970. Raise :class:`DocumentUnsuitable`."""
    try:
        read_moment = datetime.fromisoformat(moment)
    except ValueError:
        raise DocumentUnsuitable("a time of the badge is no date with a time") from None
    if read_moment.tzinfo is None:
        raise DocumentUnsuitable("a time of the badge has no zone")
    return int(read_moment.timestamp())


def disagreements(payload: Mapping[str, object]) -> tuple[str, ...]:
    """Return the registered claims that contradict the credential (Open Badges 3.0, 8.2.4 step 6)."""
    try:
        _, expected = _claims_of(payload)
    except DocumentUnsuitable:
        return ("credential",)
    return tuple(
        name for name in ("iss", "jti", "sub", "nbf", "exp") if payload.get(name) not in {None, expected.get(name)}
    )


def read_vc_jwt(token: str) -> Compact:
    """Take a token apart whose payload is a credential. Raise :class:`DocumentUnsuitable`."""
    compact = read(token)
    if "vc" in compact.payload or "@context" not in compact.payload:
        raise DocumentUnsuitable("the token is no credential of the VC Data Model 2.0")
    return compact
