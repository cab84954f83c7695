"""W3C rdf-canon: every evaluation test with SHA-256 through the canonicaliser in use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin.sealing import canonical
from plugin.sealing.canonical import canonical_quads
from plugin.sealing.errors import DocumentUnsuitable
from tests.conftest import CONFORMANCE_DATA, require_data

FOLDER = "ob3/vectors/rdf-canon"


def entries(kind: str) -> list[dict[str, str]]:
    """Return the manifest's tests of one kind that use SHA-256; one that says so where the manifest is not there."""
    manifest = CONFORMANCE_DATA / FOLDER / "manifest.jsonld"
    listed = json.loads(manifest.read_text())["entries"] if manifest.exists() else [{"id": "absent", "type": kind}]
    return [each for each in listed if each["type"] == kind and "hashAlgorithm" not in each]


@pytest.mark.conformance
@pytest.mark.parametrize("entry", entries("rdfc:RDFC10EvalTest"), ids=lambda entry: entry["id"])
def test_evaluation(entry: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The canonical form is the expected one, also of graphs that we would refuse for their twins."""
    folder = require_data(FOLDER)
    monkeypatch.setattr(canonical, "MAX_TWINS", 20)

    result = canonical_quads((folder / entry["action"]).read_text(encoding="utf-8"))

    assert result.encode() == (folder / entry["result"]).read_bytes()


@pytest.mark.conformance
def test_the_manifest_has_its_tests() -> None:
    """63 evaluation tests with SHA-256; the 64th uses SHA-384, which no cryptosuite here does."""
    require_data(FOLDER)

    assert len(entries("rdfc:RDFC10EvalTest")) == 63


@pytest.mark.conformance
def test_the_poison_graph_is_refused() -> None:
    """test074: the negative test, a graph made to take for ever."""
    poison: Path = require_data(f"{FOLDER}/rdfc10/test074-in.nq")

    with pytest.raises(DocumentUnsuitable):
        canonical_quads(poison.read_text(encoding="utf-8"))
