"""Asking a status list: whether a credential, of ours or of somebody else, was revoked.

W3C Bitstring Status List 1.0 clause 3.2 («Validate Algorithm»), Token Status List clause 8.3. A list counts only if the
issuer of the credential signed it: the bits of somebody else prove nothing. Lists are fetched by whatever the caller
gives as ``fetch``, which guards and caches; ``None`` of it means «unknown», and so does a list that cannot be believed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from mappings.documents.status_list import MINIMUM_ENTRIES
from plugin.sealing.compact import read
from plugin.sealing.data_integrity import issuer_of, read_object, verifies
from plugin.sealing.errors import SealError
from plugin.sealing.multikey import from_base64url
from plugin.verification.context import Status, StatusAnswer
from plugin.verification.issuer_keys import KeyLookup
from plugin.verification.parsing import JsonObject

Fetch: TypeAlias = Callable[[str], bytes | None]
"""Returns what stands at an https URL, None where it may not or cannot be had. Never raises."""

_LARGEST = 16 * 1024 * 1024  # bytes of an unpacked list: a hundred million credentials
_UNKNOWN = "The status list could not be had, or is not the issuer's."


class _Unbelievable(ValueError):
    """A list that says nothing."""


@dataclass(frozen=True, slots=True)
class StatusLists:
    """A status lookup over lists; ``now`` gives the time, aware UTC."""

    fetch: Fetch
    keys: KeyLookup
    now: Callable[[], datetime]

    def __call__(self, credential: JsonObject) -> StatusAnswer:
        """Answer for a badge or the claims of an SD-JWT VC."""
        try:
            return self._answer(credential)
        except (_Unbelievable, SealError, KeyError, TypeError, ValueError, zlib.error):
            return StatusAnswer(Status.UNKNOWN, _UNKNOWN)

    def _answer(self, credential: JsonObject) -> StatusAnswer:
        entry, token = credential.get("credentialStatus"), credential.get("status")
        if isinstance(entry, dict):
            return self._bitstring(entry, issuer_of(credential))
        if isinstance(token, dict) and isinstance(token.get("status_list"), dict):
            return self._token(token["status_list"], str(credential.get("iss")))
        if entry is None and token is None:
            return StatusAnswer(Status.GOOD, "The issuer does not foresee to revoke it.")
        raise _Unbelievable

    def _bitstring(self, entry: JsonObject, issuer: str) -> StatusAnswer:
        url, index = str(entry["statusListCredential"]), int(str(entry["statusListIndex"]))
        if entry["type"] != "BitstringStatusListEntry" or entry["statusPurpose"] not in {"revocation", "suspension"}:
            raise _Unbelievable
        listed = read_object(self._get(url))
        self._require_signed(listed, issuer)
        subject = listed["credentialSubject"]
        if not isinstance(subject, dict) or subject.get("statusPurpose") != entry["statusPurpose"]:
            raise _Unbelievable
        encoded = str(subject["encodedList"])
        bits = _unpacked(from_base64url(encoded.removeprefix("u")), zlib.MAX_WBITS | 16)
        if not encoded.startswith("u") or len(bits) * 8 < MINIMUM_ENTRIES or not 0 <= index < len(bits) * 8:
            raise _Unbelievable
        bad = Status.REVOKED if entry["statusPurpose"] == "revocation" else Status.SUSPENDED
        return _answer(bool(bits[index >> 3] & (0x80 >> (index & 7))), bad)

    def _require_signed(self, listed: JsonObject, issuer: str) -> None:
        proofs = listed.get("proof")
        proof = proofs[0] if isinstance(proofs, list) else proofs
        if issuer_of(listed) != issuer or not isinstance(proof, dict):
            raise _Unbelievable
        key = self.keys(issuer, str(proof.get("verificationMethod")))
        if key is None or key.compromised_at is not None or not verifies(listed, proof, key.public):
            raise _Unbelievable
        if _ended(listed.get("validUntil"), self.now()):
            raise _Unbelievable

    def _token(self, entry: JsonObject, issuer: str) -> StatusAnswer:
        url, index = str(entry["uri"]), entry["idx"]
        token = read(self._get(url).decode().strip())
        claims, listed = token.payload, token.payload["status_list"]
        if token.header.get("typ") != "statuslist+jwt" or claims.get("sub") != url or not isinstance(listed, dict):
            raise _Unbelievable
        key = self.keys(issuer, str(token.header.get("kid")))
        if key is None or key.compromised_at is not None or not token.verified_by(key.public):
            raise _Unbelievable
        ends = claims.get("exp")
        if isinstance(ends, int) and ends <= self.now().timestamp():
            raise _Unbelievable
        bits = _unpacked(from_base64url(str(listed["lst"])), zlib.MAX_WBITS)
        if listed["bits"] != 1 or not isinstance(index, int) or not 0 <= index < len(bits) * 8:
            raise _Unbelievable
        return _answer(bool(bits[index >> 3] >> (index & 7) & 1), Status.REVOKED)

    def _get(self, url: str) -> bytes:
        found = self.fetch(url)
        if found is None:
            raise _Unbelievable
        return found


def _answer(is_set: bool, bad: Status) -> StatusAnswer:
    return StatusAnswer(bad) if is_set else StatusAnswer(Status.GOOD, "The issuer's status list says that it stands.")


def _unpacked(data: bytes, form: int) -> bytes:
    """Return the unpacked list, up to a limit: a small file may unpack to a very large one."""
    unpacker = zlib.decompressobj(form)
    bits = unpacker.decompress(data, _LARGEST)
    if unpacker.unconsumed_tail:
        raise _Unbelievable
    return bits


def _ended(moment: object, now: datetime) -> bool:
    return isinstance(moment, str) and datetime.fromisoformat(moment) <= now
