"""W3C Data Integrity proofs on Open Badges: eddsa-rdfc-2022 and ecdsa-rdfc-2019.

https://www.w3.org/TR/vc-di-eddsa/ clause 3.2, https://www.w3.org/TR/vc-di-ecdsa/ clause 3.2. Both sign
SHA-256(canonical proof options) followed by SHA-256(canonical document). The proof is written as a list of one: the
strict schema of Open Badges 3.0 wants a list, and verifiers take it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from mappings.documents.badge_shape import BadgeShape
from mappings.documents.envelope import Document, Format
from mappings.documents.identifiers import instant
from mappings.documents.open_badges import BadgeDocument
from plugin.sealing import Sealed
from plugin.sealing.canonical import canonicalise
from plugin.sealing.compiled import CompiledShape, compile_shape
from plugin.sealing.credential_keys import CredentialKey
from plugin.sealing.errors import DocumentUnsuitable, IssuerDisagrees
from plugin.sealing.multikey import Algorithm, PublicKey, base58, from_base58

MEDIA_TYPE = "application/vc"
SUITES = {Algorithm.EDDSA: "eddsa-rdfc-2022", Algorithm.ES256: "ecdsa-rdfc-2019"}


class DataIntegritySealer:
    """Puts a proof of one key of one issuer on Open Badges. Keep it: what it compiled is reused."""

    format = Format.OPEN_BADGES

    def __init__(self, key: CredentialKey, issuer: str) -> None:
        """``issuer`` is the DID that every document must name and that publishes ``key`` by its Multikey."""
        self._key = key
        self._issuer = issuer
        self._method = f"{issuer}#{key.public.multibase}"
        self._second: tuple[object, tuple[bytes, bytes]] = (None, (b"", b""))
        self._last: tuple[object, CompiledShape | None] = (None, None)

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Return ``document`` with its proof, created at ``now`` in whole seconds.

        Raise :class:`~plugin.sealing.errors.IssuerDisagrees`, :class:`~plugin.sealing.errors.DocumentUnsuitable`,
        :class:`~plugin.sealing.errors.TermUndefined` or :class:`~plugin.sealing.errors.ContextUnknown`.
        """
        contexts, digest = self._compiled(document) or self._general(document)
        options, options_hash = self._options(contexts, now.replace(microsecond=0))
        value = base58(self._key.sign(options_hash + digest))
        unsealed = document.body.rstrip()[:-1]
        body = b"".join((unsealed, b',"proof":[', options, b',"proofValue":"z', value.encode(), b'"}]}'))
        return Sealed(Format.OPEN_BADGES, body, MEDIA_TYPE, self._key.key_id)

    def _options(self, contexts: tuple[str, ...], second: datetime) -> tuple[bytes, bytes]:
        """Return the proof without its value and its closing brace, and its hash: the same for a whole second."""
        known, made = self._second  # read once: other threads seal too
        if known != (contexts, second):
            options = proof_options(self._key.algorithm, self._method, instant(second))
            made = (options[:-1].encode(), options_digest(contexts, options))
            self._second = ((contexts, second), made)
        return made

    def _compiled(self, document: Document) -> tuple[tuple[str, ...], bytes] | None:
        """Return contexts and digest where the document still knows its shape, and the shape can tell."""
        if not isinstance(document, BadgeDocument):
            return None
        compiled = self._shape(document.shape)
        if compiled.issuer != self._issuer:
            raise IssuerDisagrees("the badge names another issuer than the key")
        digest = compiled.digest(document.leaves, document.plain)
        return None if digest is None else (compiled.contexts, digest)

    def _shape(self, shape: BadgeShape) -> CompiledShape:
        """Return the compiled shape; that of the badge before is told by identity, which costs nothing."""
        last, compiled = self._last
        if compiled is None or last is not shape:
            compiled = compile_shape(shape)
            self._last = (shape, compiled)
        return compiled

    def _general(self, document: Document) -> tuple[tuple[str, ...], bytes]:
        read = read_object(document.body)
        if issuer_of(read) != self._issuer:
            raise IssuerDisagrees("the badge names another issuer than the key")
        if "proof" in read:
            raise DocumentUnsuitable("the badge has a proof already")
        return contexts_of(read), document_digest(read)


def read_object(body: bytes) -> dict[str, object]:
    """Read a JSON object. Raise :class:`~plugin.sealing.errors.DocumentUnsuitable` for anything else."""
    try:
        read = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise DocumentUnsuitable("the document is not JSON, or names a member twice") from None
    if not isinstance(read, dict):
        raise DocumentUnsuitable("the document is not a JSON object")
    return read


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a member given twice: readers differ on which one counts."""
    read = dict(members)
    if len(read) != len(members):
        raise ValueError
    return read


def issuer_of(document: Mapping[str, object]) -> str:
    """Return the issuer's identifier, «» where there is none."""
    issuer = document.get("issuer")
    named = issuer.get("id") if isinstance(issuer, dict) else issuer
    return named if isinstance(named, str) else ""


def contexts_of(document: Mapping[str, object]) -> tuple[str, ...]:
    """Return the contexts of a document, which its proof shares; only URLs are known here."""
    named = document.get("@context")
    return tuple(str(each) for each in named) if isinstance(named, list) else (str(named),)


def document_digest(document: Mapping[str, object]) -> bytes:
    """Return the SHA-256 of the canonical document by the general path; raises as ``canonicalise`` does."""
    return sha256(canonicalise(document).encode()).digest()


def proof_options(algorithm: Algorithm, method: str, created: str) -> str:
    """Return the proof without its value, as JSON."""
    return json.dumps(
        {
            "type": "DataIntegrityProof",
            "cryptosuite": SUITES[algorithm],
            "created": created,
            "verificationMethod": method,
            "proofPurpose": "assertionMethod",
        },
        separators=(",", ":"),
    )


@lru_cache(maxsize=64)
def options_digest(contexts: tuple[str, ...], options: str) -> bytes:
    """Return the SHA-256 of the canonical proof options: the same for all proofs of one second."""
    return sha256(canonicalise({"@context": list(contexts), **json.loads(options)}).encode()).digest()


def verifies(document: Mapping[str, object], proof: Mapping[str, object], key: PublicKey) -> bool:
    """Tell whether ``proof``, one of those of ``document``, is ``key``'s.

    Steps 1 to 4 of «Verify Proof» (vc-di-eddsa 3.2.2, vc-di-ecdsa 3.2.2). The caller owes the rest: who owns the
    key, that the proof's purpose is ``assertionMethod``, its expiry, and what the credential itself says.

    1. the suite is the one of the key's kind; 2. the value is multibase base58btc; 3. canonicalise the document
    without its proofs, and the proof without its value under the document's contexts; 4. check the signature.
    """
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") != SUITES[key.algorithm]:
        return False
    signature = _signature(proof.get("proofValue"))
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name not in {"proofValue", "@context"}}
    contexts = list(contexts_of(document))
    if proof.get("@context", contexts) != contexts:
        return False
    hashed = document_digest({"@context": contexts, **options}) + document_digest(unsecured)
    return key.verifies(signature, hashed)


def _signature(value: object) -> bytes:
    if not isinstance(value, str) or not value.startswith("z") or len(value) > 100:
        return b""
    try:
        return from_base58(value[1:])
    except ValueError:
        return b""
