"""Status lists: whether credentials still stand, for thousands at once, telling nothing about any of them.

Two standards, the same bits at the same positions: W3C Bitstring Status List 1.0
(https://www.w3.org/TR/vc-bitstring-status-list/) for Open Badges, and the IETF Token Status List
(draft-ietf-oauth-status-list) for SD-JWT VC. They count the bits of a byte from opposite ends.

A revoked credential has its bit set, for ever; suspension is not used. Positions are random, never reused, and some
that belong to nobody are set from the start, so that the number of set bits tells nothing.
"""

from __future__ import annotations

import gzip
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime

from mappings.documents.envelope import Document, Envelope, Format
from mappings.documents.identifiers import did_web, instant
from mappings.documents.templates import Json, serialise
from mappings.errors import InvalidValue

MINIMUM_ENTRIES = 131_072
"""Bitstring Status List 1.0, clause 6.1: fewer would tell credentials apart."""
BESIDE = ".jwt"
"""The Token Status List stands beside the Bitstring Status List, at its address with this ending."""
_HARDEST = 9
"""Token Status List, 4.1 recommends the highest level: a tenth to a quarter less for everybody who fetches the list."""
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class StatusBits:
    """The bits of one list. ``size`` is a multiple of 8, at least :data:`MINIMUM_ENTRIES`."""

    __slots__ = ("_bits", "size")

    def __init__(self, size: int = MINIMUM_ENTRIES, revoked: Iterable[int] = ()) -> None:
        """Set the bits of ``revoked``. Raise :class:`InvalidValue` for a small list or a position outside of it."""
        if size < MINIMUM_ENTRIES or size % 8:
            raise InvalidValue("a status list has at least 131,072 entries, in whole bytes")
        self.size = size
        self._bits = bytearray(size // 8)
        for index in revoked:
            self.revoke(index)

    def revoke(self, index: int) -> None:
        """Set the bit at ``index``; setting it twice is setting it."""
        self._require(index)
        self._bits[index >> 3] |= 0x80 >> (index & 7)

    def is_revoked(self, index: int) -> bool:
        """Tell whether the bit at ``index`` is set."""
        self._require(index)
        return bool(self._bits[index >> 3] & (0x80 >> (index & 7)))

    def _require(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise InvalidValue("a status index lies outside of its list")

    @classmethod
    def read(cls, encoded: str) -> StatusBits:
        """Return the list that :attr:`encoded` was made of. Raise :class:`InvalidValue` where it is none."""
        try:
            bits = gzip.decompress(urlsafe_b64decode(encoded.removeprefix("u") + "=="))
        except (ValueError, OSError, EOFError, zlib.error):
            raise InvalidValue("the encoded status list cannot be unpacked") from None
        read = cls(len(bits) * 8)
        read._bits[:] = bits
        return read

    def revoked(self) -> Iterator[int]:
        """Yield the positions whose bit is set."""
        for place, byte in enumerate(self._bits):
            yield from (place * 8 + offset for offset in range(8) if byte & (0x80 >> offset))

    @property
    def encoded(self) -> str:
        """Multibase base64url of the gzipped bits, the first bit left-most (Bitstring Status List 1.0, 4.2)."""
        return "u" + _base64url(gzip.compress(bytes(self._bits), compresslevel=_HARDEST, mtime=0))

    @property
    def token_list(self) -> str:
        """Base64url of the zlib-compressed bits, the first bit right-most (Token Status List, 4.1)."""
        return _base64url(zlib.compress(self._bits.translate(_MIRRORED), _HARDEST))


def bitstring_list(issuer_url: str, url: str, bits: StatusBits, valid_from: datetime, ttl: int) -> Document:
    """Return the unsealed list credential; ``ttl`` in seconds, written in milliseconds as the standard wants."""
    credential: dict[str, Json] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did_web(issuer_url),
        "validFrom": instant(valid_from),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": bits.encoded,
            "ttl": ttl * 1000,
        },
    }
    return Document(Format.OPEN_BADGES, serialise(credential).encode())


def token_list(issuer_url: str, url: str, bits: StatusBits, issued_at: datetime, ttl: int) -> dict[str, Json]:
    """Return the claims of the Status List Token (Token Status List, 5.1); ``ttl`` in seconds."""
    return {
        "iss": issuer_url,
        "sub": url + BESIDE,
        "iat": int(issued_at.timestamp()),
        "ttl": ttl,
        "status_list": {"bits": 1, "lst": bits.token_list},
    }


def token_status(envelope: Envelope) -> dict[str, Json]:
    """Return the ``status`` claim of a credential (Token Status List, 6.2), empty where it has no place in a list."""
    if envelope.status_index is None:
        return {}
    entry: dict[str, Json] = {"idx": envelope.status_index, "uri": envelope.status_list_url + BESIDE}
    return {"status": {"status_list": entry}}


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
