"""Asking a status list: whether a credential, of ours or of somebody else, was revoked.

W3C Bitstring Status List 1.0 clause 3.2 («Validate Algorithm»), Token Status List clause 8.3. A list counts only if the
issuer of the credential signed it: the bits of somebody else prove nothing. A European Digital Credential names only a
place, ``<list>#<index>``, and its issuer has no key there: the list must be signed by the ``did:web`` of its own host,
which the seal names. Lists are fetched by whatever the caller gives as ``fetch``, which guards and caches; ``None`` of
it means «unknown», and so does a list that cannot be believed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from urllib.parse import urlsplit

from mappings.documents.identifiers import did_web
from mappings.documents.status_list import MINIMUM_ENTRIES
from mappings.errors import InvalidValue
from plugin.sealing.compact import read
from plugin.sealing.data_integrity import issuer_of, read_object, verifies
from plugin.sealing.errors import SealError
from plugin.sealing.multikey import from_base64url
from plugin.sealing.vc_jwt import read_vc_jwt
from plugin.verification.context import Status, StatusAnswer
from plugin.verification.issuer_keys import KeyLookup
from plugin.verification.list_bits import GZIP, ZLIB, Outside, from_the_left, from_the_right, unpacked
from plugin.verification.parsing import JsonObject

Fetch: TypeAlias = Callable[[str], bytes | None]
"""Returns what stands at an https URL, None where it may not or cannot be had. Never raises."""

_UNKNOWN = StatusAnswer(Status.UNKNOWN, "The status list could not be had, or is not the issuer's.")
_GOOD = StatusAnswer(Status.GOOD, "The issuer's status list says that it stands.")
_PURPOSES = {"revocation": Status.REVOKED, "suspension": Status.SUSPENDED}
_OTHER_PURPOSES = frozenset({"message", "refresh"})  # they say nothing about whether a credential stands
_TOKEN_TYPES = {0: Status.GOOD, 1: Status.REVOKED, 2: Status.SUSPENDED}  # Token Status List, 7.1
_WORST_FIRST = (Status.REVOKED, Status.SUSPENDED, Status.OUTSIDE, Status.UNKNOWN, Status.GOOD)
_MOST_ENTRIES = 4  # each may cost a request


class _Unbelievable(ValueError):
    """A list that says nothing."""


@dataclass(frozen=True, slots=True)
class StatusLists:
    """A status lookup over lists; ``now`` gives the time, aware UTC."""

    fetch: Fetch
    keys: KeyLookup
    now: Callable[[], datetime]

    def __call__(self, credential: JsonObject) -> StatusAnswer:
        """Answer for a badge, a European Digital Credential or the claims of an SD-JWT VC: the worst that is said."""
        entry, token = credential.get("credentialStatus"), credential.get("status")
        if entry is None and token is None:
            return StatusAnswer(Status.GOOD, "The issuer does not foresee to revoke it.")
        if isinstance(token, dict) and isinstance(token.get("status_list"), dict):
            listed, issuer = token["status_list"], str(credential.get("iss"))
            return _answered(lambda: self._token(listed, issuer))
        issuer, entries = issuer_of(credential), _about_standing(entry)
        answers = [_answered(lambda each=each: self._bitstring(each, issuer)) for each in entries]  # type: ignore[misc]
        return min(answers, key=lambda answer: _WORST_FIRST.index(answer.status), default=_UNKNOWN)

    def _bitstring(self, entry: JsonObject, issuer: str) -> StatusAnswer:
        place = entry if "statusListCredential" in entry else _bare_place(entry)
        url, index = str(place["statusListCredential"]), int(str(place["statusListIndex"]))
        bad, size = _PURPOSES[str(place["statusPurpose"])], place.get("statusSize", 1)
        if place["type"] != "BitstringStatusListEntry" or not isinstance(size, int):
            raise _Unbelievable
        subject = self._signed(self._get(url), _host_did(url) if place is not entry else issuer)["credentialSubject"]
        if not isinstance(subject, dict) or place["statusPurpose"] not in _many(subject.get("statusPurpose")):
            raise _Unbelievable
        encoded = str(subject["encodedList"])
        bits = unpacked(from_base64url(encoded.removeprefix("u")), GZIP)
        if not encoded.startswith("u") or len(bits) * 8 < MINIMUM_ENTRIES * size:
            raise _Unbelievable
        return StatusAnswer(bad) if from_the_left(bits, index, size) else _GOOD

    def _signed(self, body: bytes, issuer: str) -> Mapping[str, object]:
        """Return a list credential that ``issuer`` signed, by a proof or as a JWT."""
        token = read_vc_jwt(body.decode().strip()) if body.startswith(b"ey") else None
        listed = token.payload if token else read_object(body)
        proof = {} if token else _first(listed.get("proof"))
        name = token.header.get("kid") if token else proof.get("verificationMethod")
        key = self.keys(issuer, str(name)) if issuer_of(listed) == issuer else None
        if key is None or key.compromised_at is not None or _ended(listed, self.now()):
            raise _Unbelievable
        if not (token.verified_by(key.public) if token else verifies(listed, proof, key.public)):
            raise _Unbelievable
        return listed

    def _token(self, entry: JsonObject, issuer: str) -> StatusAnswer:
        url, index = str(entry["uri"]), entry["idx"]
        token = read(self._get(url).decode().strip())
        claims, listed = token.payload, token.payload["status_list"]
        if token.header.get("typ") != "statuslist+jwt" or claims.get("sub") != url or not isinstance(listed, dict):
            raise _Unbelievable
        key = self.keys(issuer, str(token.header.get("kid")))
        if key is None or key.compromised_at is not None or not token.verified_by(key.public):
            raise _Unbelievable
        if _ended(claims, self.now()) or not isinstance(index, int):
            raise _Unbelievable
        value = from_the_right(unpacked(from_base64url(str(listed["lst"])), ZLIB), index, listed["bits"])
        other = StatusAnswer(Status.UNKNOWN, f"The issuer's status list says {value}, which has no meaning here.")
        return _GOOD if value == 0 else StatusAnswer(_TOKEN_TYPES[value]) if value in _TOKEN_TYPES else other

    def _get(self, url: str) -> bytes:
        found = self.fetch(url)
        if found is None:
            raise _Unbelievable
        return found


def _answered(ask: Callable[[], StatusAnswer]) -> StatusAnswer:
    """Return what a list says; one that cannot be believed says nothing."""
    try:
        return ask()
    except Outside:
        return StatusAnswer(Status.OUTSIDE)
    except (SealError, InvalidValue, KeyError, TypeError, ValueError, zlib.error):
        return _UNKNOWN


def _about_standing(entry: object) -> list[JsonObject]:
    """Return the entries that say whether a credential stands; nothing where any of them cannot be read."""
    named = _many(entry)
    entries = [each for each in named if isinstance(each, dict)]
    if len(named) > _MOST_ENTRIES or len(entries) < len(named):
        return []
    return [each for each in entries if each.get("statusPurpose") not in _OTHER_PURPOSES]


def _bare_place(entry: JsonObject) -> JsonObject:
    """Return the entry of a European Digital Credential, whose model knows an id only, as the others write it."""
    url, _, index = str(entry["id"]).partition("#")
    place = {"statusListCredential": url, "statusListIndex": index}
    return {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", **place}


def _host_did(url: str) -> str:
    """Return the ``did:web`` that has its document beside the lists of a bridge: ``<issuer>/status/<list>``."""
    parts = urlsplit(url)
    return did_web(f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/status/')[0]}")


def _first(proof: object) -> JsonObject:
    found = proof[0] if isinstance(proof, list) and proof else proof
    if not isinstance(found, dict):
        raise _Unbelievable
    return found


def _ended(listed: Mapping[str, object], now: datetime) -> bool:
    """Tell whether a list is out of date by what it says itself, as credential or as token."""
    until, seconds = listed.get("validUntil"), listed.get("exp")
    over = isinstance(until, str) and datetime.fromisoformat(until) <= now
    return over or (isinstance(seconds, int) and seconds <= now.timestamp())


def _many(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
