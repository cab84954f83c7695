"""Compact JWS for credentials: RFC 7515 clauses 3.1 and 5, with the algorithm told by the key.

Made to be fast and to leave nothing open: whoever reads a token gives the key first, and a header that names another
algorithm, a critical extension or a key of its own changes nothing but the answer «no».
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from plugin.sealing.credential_keys import Signer
from plugin.sealing.data_integrity import read_object
from plugin.sealing.errors import DocumentUnsuitable
from plugin.sealing.multikey import PublicKey, base64url, from_base64url


@dataclass(frozen=True, slots=True)
class Compact:
    """A token taken apart, its signature not checked."""

    header: Mapping[str, object]
    payload: Mapping[str, object]
    signing_input: bytes
    signature: bytes

    def verified_by(self, key: PublicKey) -> bool:
        """Tell whether ``key`` signed the token with its own algorithm, and the header says so."""
        if self.header.get("alg") != key.algorithm or "crit" in self.header:
            return False
        return key.verifies(self.signature, self.signing_input)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact_json(value: object) -> bytes:
    """Write JSON without blanks, as UTF-8."""
    return _ENCODER.encode(value).encode()


def sign(header: Mapping[str, object], payload: bytes, signer: Signer) -> str:
    """Return the token; ``header`` gets its ``alg`` from ``signer``."""
    protected = compact_json({"alg": str(signer.algorithm), **header})
    signing_input = f"{base64url(protected)}.{base64url(payload)}"
    return f"{signing_input}.{base64url(signer.sign(signing_input.encode()))}"


def read(token: str) -> Compact:
    """Take a token apart. Raise :class:`DocumentUnsuitable` where it is none."""
    try:
        header, payload, signature = (from_base64url(part) for part in token.split("."))
    except ValueError:
        raise DocumentUnsuitable("the credential is no compact JWS") from None
    signing_input = token.rpartition(".")[0].encode()
    return Compact(read_object(header), read_object(payload), signing_input, signature)
