"""W3C vc-di-eddsa: the published vectors of eddsa-rdfc-2022, step by step: of an alumni and an employment."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plugin.sealing.canonical import canonicalise
from plugin.sealing.contexts import context
from plugin.sealing.multikey import PublicKey, base58, from_base58
from tests.conftest import require_data, unavailable

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
CITIZENSHIP = "https://w3id.org/citizenship/v4rc1"
CITIZENSHIP_FILE = Path(__file__).parent / "node/node_modules/@digitalbazaar/citizenship-context/contexts/v4rc1.jsonld"


@pytest.fixture
def folder() -> Path:
    """Return the folder of the vectors."""
    return require_data("ob3/vectors/vc-di-eddsa")


VECTORS = {"unsigned.json": "eddsa-rdfc-2022", "employmentAuth.json": "eddsa-rdfc-2022/employ"}
"""Unsigned document and folder of each vector."""


@pytest.fixture(params=VECTORS)
def unsigned(request: pytest.FixtureRequest, folder: Path) -> Path:
    """Return the file of an unsigned document."""
    return folder / str(request.param)


@pytest.fixture
def vector(unsigned: Path, folder: Path) -> Path:
    """Return the folder of its vector."""
    return folder / VECTORS[unsigned.name]


def load(url: str) -> object:
    """Return the context of the vectors' examples, from the specification or from npm, or a pinned one."""
    if url == EXAMPLES:
        return {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}
    if url == CITIZENSHIP:
        if not CITIZENSHIP_FILE.exists():
            unavailable("@digitalbazaar/citizenship-context (npm ci in tests/conformance/node)")
        return json.loads(CITIZENSHIP_FILE.read_text())
    return context(url)


@pytest.mark.conformance
def test_canonical_document_and_options(unsigned: Path, vector: Path) -> None:
    """Transformation and proof configuration (clauses 3.2.3 and 3.2.5)."""
    document = json.loads(unsigned.read_text())
    options = json.loads((vector / "proofConfigDataInt.json").read_text())

    assert canonicalise(document, load) == (vector / "canonDocDataInt.txt").read_text()
    assert canonicalise(options, load) == (vector / "proofCanonDataInt.txt").read_text()


@pytest.mark.conformance
def test_hashes_and_signature(folder: Path, vector: Path) -> None:
    """Hashing, signing and verifying with the published test key (clauses 3.2.4, 3.2.6, 3.2.7)."""
    keys = json.loads((folder / "keyPair.json").read_text())
    private = Ed25519PrivateKey.from_private_bytes(from_base58(keys["privateKeyMultibase"][1:])[2:])
    hashes = [
        sha256((vector / name).read_bytes()).digest() for name in ("proofCanonDataInt.txt", "canonDocDataInt.txt")
    ]
    signature = private.sign(b"".join(hashes))

    assert b"".join(hashes).hex() == (vector / "combinedHashDataInt.txt").read_text().strip()
    assert f"z{base58(signature)}" == (vector / "sigBTC58DataInt.txt").read_text().strip()
    assert PublicKey.from_multibase(keys["publicKeyMultibase"]).verifies(signature, b"".join(hashes))
