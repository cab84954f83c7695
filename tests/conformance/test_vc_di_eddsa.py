"""W3C vc-di-eddsa: the published vector of eddsa-rdfc-2022, step by step."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plugin.sealing.canonical import canonicalise
from plugin.sealing.contexts import context
from plugin.sealing.multikey import PublicKey, base58, from_base58
from tests.conftest import require_data

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"


@pytest.fixture
def folder() -> Path:
    """Return the folder of the vectors."""
    return require_data("ob3/vectors/vc-di-eddsa")


@pytest.fixture
def vector(folder: Path) -> Path:
    """Return the folder of the base vector."""
    return folder / "eddsa-rdfc-2022"


def load(url: str) -> object:
    """Return the context of the vector's examples, or a pinned one."""
    return {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}} if url == EXAMPLES else context(url)


@pytest.mark.conformance
def test_canonical_document_and_options(folder: Path, vector: Path) -> None:
    """Transformation and proof configuration (clauses 3.2.3 and 3.2.5)."""
    unsigned = json.loads((folder / "unsigned.json").read_text())
    options = json.loads((vector / "proofConfigDataInt.json").read_text())

    assert canonicalise(unsigned, load) == (vector / "canonDocDataInt.txt").read_text()
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
