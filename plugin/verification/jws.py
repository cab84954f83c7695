"""Reading JWS seals: the parts of RFC 7515 and RFC 7797 that a JAdES seal uses (ETSI TS 119 182-1 clauses 5 and 6).

Nothing is trusted yet here: :func:`read_envelope` and :func:`read_header` only make sure that there is one way to
understand what was received.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from plugin.verification.parsing import JsonObject, Limits, Unreadable, read_json

_UNDERSTOOD = frozenset({"b64", "sigT", "adoTst", "iat"})
"""Names that may stand in ``crit`` because this verifier acts on them."""


class BadSeal(Exception):
    """The seal does not hold. ``code`` is stable, ``str()`` a sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Envelope:
    """A document and its one seal as received; ``unprotected`` is the header that the seal does not cover."""

    payload: str
    protected: str
    signature: str
    unprotected: JsonObject


@dataclass(frozen=True, slots=True)
class Header:
    """The protected header; ``values`` as parsed, ``encoded`` tells whether the payload is base64url (RFC 7797)."""

    values: JsonObject
    algorithm: str
    encoded: bool


def read_envelope(document: Mapping[str, object]) -> Envelope:
    """Read the general or flattened JSON serialisation with exactly one seal. Raise :class:`BadSeal`."""
    seals = document.get("signatures", [document])
    if not isinstance(seals, list) or len(seals) != 1 or not isinstance(seals[0], dict):
        raise BadSeal("not_one_seal", "The document must carry exactly one seal.")
    seal: JsonObject = seals[0]
    payload, protected, signature = document.get("payload"), seal.get("protected"), seal.get("signature")
    unprotected = seal.get("header", {})
    if not isinstance(payload, str) or not isinstance(protected, str) or not isinstance(signature, str):
        raise BadSeal("seal_incomplete", "The seal lacks its payload, its protected header or its signature.")
    if not isinstance(unprotected, dict):
        raise BadSeal("header_unreadable", "The unprotected header of the seal cannot be read.")
    return Envelope(payload, protected, signature, unprotected)


def read_header(envelope: Envelope, limits: Limits) -> Header:
    """Read the protected header. Raise :class:`BadSeal`.

    1. It is one JSON object, and no name stands in both headers (RFC 7515 clause 7.2.1).
    2. ``crit`` names only what is present and understood (RFC 7515 clause 4.1.11).
    3. ``b64`` is in ``crit`` whenever it is present (RFC 7797 clause 6).
    4. ``alg`` is a text; whether it is accepted is decided with the key.
    """
    values = _header_object(envelope.protected, limits)  # 1
    if set(values) & set(envelope.unprotected):
        raise BadSeal("header_ambiguous", "A name stands in the protected and in the unprotected header of the seal.")
    critical = _critical_names(values)  # 2
    if "b64" in values and ("b64" not in critical or not isinstance(values["b64"], bool)):  # 3
        raise BadSeal("b64_not_critical", "The seal's header uses b64 without naming it as critical.")
    algorithm = values.get("alg")  # 4
    if not isinstance(algorithm, str):
        raise BadSeal("algorithm_refused", "The seal's header names no algorithm.")
    return Header(values, algorithm, encoded=values.get("b64") is not False)


def signing_input(envelope: Envelope) -> bytes:
    """Return what the seal signs (RFC 7797 clause 3): the payload stands in it as in the document, encoded or not."""
    return f"{envelope.protected}.{envelope.payload}".encode()


def content(envelope: Envelope, header: Header) -> str:
    """Return the sealed document as text. Raise :class:`BadSeal`."""
    if not header.encoded:
        return envelope.payload
    try:
        return from_base64url(envelope.payload).decode()
    except ValueError:
        raise BadSeal("payload_unreadable", "The sealed content cannot be decoded.") from None


def from_base64url(text: str) -> bytes:
    """Decode base64url without padding, only in its one canonical form (RFC 7515 clause 2). Raise ValueError."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise ValueError("not canonical base64url")
    return data


def _header_object(protected: str, limits: Limits) -> JsonObject:
    try:
        values = read_json(from_base64url(protected).decode(), limits)
    except Unreadable as error:
        raise BadSeal("header_unreadable", f"The seal's protected header cannot be read: {error}") from None
    except ValueError:
        raise BadSeal("header_unreadable", "The seal's protected header is not base64url of UTF-8 JSON.") from None
    if not isinstance(values, dict):
        raise BadSeal("header_unreadable", "The seal's protected header is no JSON object.")
    return values


def _critical_names(values: JsonObject) -> list[object]:
    critical = values.get("crit", [])
    if not isinstance(critical, list) or ("crit" in values and not critical):
        raise BadSeal("critical_unknown", "The seal's list of critical header names cannot be read.")
    for name in critical:
        if not isinstance(name, str) or name not in _UNDERSTOOD or name not in values:
            raise BadSeal("critical_unknown", "The seal's header has critical names that this check does not know.")
    return critical
