"""W3C rdf-canon: every evaluation test through the canonicaliser in use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from plugin.sealing import canonical
from plugin.sealing.canonical import canonical_quads
from plugin.sealing.errors import DocumentUnsuitable
from tests.conftest import CONFORMANCE_DATA, require_data

FOLDER = "ob3/vectors/rdf-canon"


def listed(kind: str) -> list[dict[str, str]]:
    """Return the manifest's tests of one kind; one that says so where the manifest is not there."""
    manifest = CONFORMANCE_DATA / FOLDER / "manifest.jsonld"
    found = json.loads(manifest.read_text())["entries"] if manifest.exists() else [{"id": "absent", "type": kind}]
    return [each for each in found if each["type"] == kind]


def entries(kind: str) -> list[dict[str, str]]:
    """Return those that use SHA-256."""
    return [each for each in listed(kind) if "hashAlgorithm" not in each]


@pytest.mark.conformance
@pytest.mark.parametrize("entry", entries("rdfc:RDFC10EvalTest"), ids=lambda entry: entry["id"])
def test_evaluation(entry: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The canonical form is the expected one, also of graphs that we would refuse for their twins."""
    folder = require_data(FOLDER)
    monkeypatch.setattr(canonical, "MAX_TWINS", 20)

    result = canonical_quads((folder / entry["action"]).read_text(encoding="utf-8"))

    assert result.encode() == (folder / entry["result"]).read_bytes()


@pytest.mark.conformance
def test_evaluation_with_the_other_hash() -> None:
    """SHA-384, which no cryptosuite here uses: by the same canonicaliser without what we put before it."""
    folder = require_data(FOLDER)
    (entry,) = (each for each in listed("rdfc:RDFC10EvalTest") if each.get("hashAlgorithm") == "SHA384")
    dataset = Dataset(parse((folder / entry["action"]).read_bytes(), format=RdfFormat.N_QUADS))

    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0_SHA_384)

    assert "".join(sorted(f"{quad} .\n" for quad in dataset)).encode() == (folder / entry["result"]).read_bytes()


@pytest.mark.conformance
def test_the_manifest_has_its_tests() -> None:
    """64 evaluation tests, one of them with SHA-384."""
    require_data(FOLDER)

    assert (len(listed("rdfc:RDFC10EvalTest")), len(entries("rdfc:RDFC10EvalTest"))) == (64, 63)


@pytest.mark.conformance
def test_the_poison_graph_is_refused() -> None:
    """test074: the negative test, a graph made to take for ever."""
    poison: Path = require_data(f"{FOLDER}/rdfc10/test074-in.nq")

    with pytest.raises(DocumentUnsuitable):
        canonical_quads(poison.read_text(encoding="utf-8"))
