"""JSON-LD contexts that are ours to trust: from installed packages, pinned by their SHA-256, never from the network.

VC Data Model 2.0, clause 4.3 (digests of the base context) and Data Integrity 1.0, clause 2.4 (contexts are to be
validated): who may change a context may change what a signed credential says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import distribution
from importlib.resources import files
from typing import NamedTuple

from mappings.documents.open_badges import OWN_CONTEXT_PATH
from plugin.sealing.errors import ContextUnknown

_OB = "https://purl.imsglobal.org/spec/ob/v3p0"
_BADGES_3_0_3 = ("ob-v3p0-context-3.0.3", "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84")
_OWN_SHA256 = "e4edec0c863a09e7a60443acb0129244941b12cbbf2bd1f7f9ed02d7a0b35e6c"


class _Pin(NamedTuple):
    name: str
    sha256: str


_PINS: Mapping[str, _Pin] = {
    "https://www.w3.org/ns/credentials/v2": _Pin(
        "credentials-v2", "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
    ),
    f"{_OB}/context-3.0.3.json": _Pin(*_BADGES_3_0_3),
    f"{_OB}/context.json": _Pin(*_BADGES_3_0_3),
    f"{_OB}/context-3.0.2.json": _Pin(
        "ob-v3p0-context-3.0.2", "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53"
    ),
    f"{_OB}/context-3.0.1.json": _Pin(
        "ob-v3p0-context-3.0.1", "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571"
    ),
    f"{_OB}/extensions.json": _Pin(
        "ob-v3p0-extensions", "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93"
    ),
    "https://w3id.org/security/data-integrity/v2": _Pin(
        "security-data-integrity-v2", "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4"
    ),
    "https://w3id.org/security/multikey/v1": _Pin(
        "security-multikey-v1", "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597"
    ),
}


def own_context() -> bytes:
    """Return our context exactly as every issuer serves it at ``OWN_CONTEXT_PATH``."""
    return files("mappings.documents").joinpath("contexts/microcredential-v1.json").read_bytes()


@lru_cache(maxsize=64)
def context(url: str) -> object:
    """Return the context of ``url`` as JSON. Raise :class:`ContextUnknown`, also where its bytes have changed.

    Ours has no single address: whoever issues serves the same file, and any other file there would not verify.
    """
    if url.startswith(("https://", "http://127.0.0.1", "http://localhost")) and url.endswith(OWN_CONTEXT_PATH):
        return _pinned(own_context(), _OWN_SHA256, url)
    if url not in _PINS:
        raise ContextUnknown("the credential uses a JSON-LD context that is not known here")
    pin = _PINS[url]
    path = distribution("openbadgeslib").locate_file(f"openbadgeslib/ob3/contexts/{pin.name}.json")
    return _pinned(path.read_bytes(), pin.sha256, url)  # type: ignore[attr-defined]


def _pinned(data: bytes, expected: str, url: str) -> object:
    if sha256(data).hexdigest() != expected:
        raise ContextUnknown(f"the installed copy of {url} is not the pinned one")
    document: object = json.loads(data)
    return document
