"""The general path to canonical N-Quads, and what it refuses."""

from __future__ import annotations

import pytest

from mappings.documents.open_badges import CREDENTIALS_V2, OPEN_BADGES_3
from plugin.sealing.canonical import MAX_QUADS, canonical_quads, canonicalise
from plugin.sealing.errors import ContextUnknown, DocumentUnsuitable, TermUndefined


def document(**changes) -> dict[str, object]:
    """Return a small credential."""
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_3],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"type": ["Profile"], "name": "A"},
    } | changes


def test_a_document_becomes_sorted_lines() -> None:
    """RDFC-1.0: sorted by code point, blank nodes numbered."""
    lines = canonicalise(document()).splitlines()

    assert lines == sorted(lines)
    assert lines[-1] == '_:c14n0 <https://schema.org/name> "A" .'


def test_an_undefined_member_is_refused() -> None:
    """It would be in the document, and not under the signature."""
    with pytest.raises(TermUndefined):
        canonicalise(document(nobodyDefinedThis="x"))


def test_an_undefined_type_is_refused() -> None:
    """PyLD alone would sign it as an address below example.org."""
    with pytest.raises(TermUndefined):
        canonicalise(document(credentialSchema={"id": "urn:x:y", "type": "1EdTechJsonSchemaValidator2019"}))


@pytest.mark.parametrize("name", ["relative", "/path", "urn:with space", "_x:y"])
def test_an_identifier_that_is_not_absolute_is_refused(name: str) -> None:
    """RDF drops it silently."""
    with pytest.raises(TermUndefined):
        canonicalise(document(id=name))


def test_an_explicit_blank_node_is_no_identifier_problem() -> None:
    """JSON-LD allows labels of blank nodes."""
    assert "_:c14n0" in canonicalise(document(issuer={"id": "_:b9", "type": ["Profile"], "name": "A"}))


@pytest.mark.parametrize("context", ["https://example.org/unknown", {"name": "https://example.org/name"}, None])
def test_a_context_of_its_own_is_refused(context: object) -> None:
    """Unknown addresses, contexts in the document, and the reset of all contexts."""
    with pytest.raises(ContextUnknown):
        canonicalise(document(**{"@context": [CREDENTIALS_V2, context]}))


def test_a_nested_context_is_refused_too() -> None:
    """Wherever in the document it stands."""
    with pytest.raises(ContextUnknown):
        canonicalise(document(issuer={"@context": {"name": "urn:x:name"}, "id": "urn:x:y", "name": "A"}))


def test_what_is_no_json_ld_is_refused() -> None:
    """A keyword cannot be a number."""
    with pytest.raises(DocumentUnsuitable):
        canonicalise(document(id=7))


def test_an_identifier_that_rdf_does_not_allow_is_refused() -> None:
    """A half percent-encoding is no IRI."""
    with pytest.raises(DocumentUnsuitable):
        canonicalise(document(id="https://example.org/%zz"))


def test_too_many_lines_are_refused() -> None:
    """A foreign credential cannot keep us busy by its size."""
    quads = "".join(f"<urn:x:{number}> <urn:x:p> <urn:x:o> .\n" for number in range(MAX_QUADS + 1))

    with pytest.raises(DocumentUnsuitable, match="too large"):
        canonical_quads(quads)


def test_a_poison_graph_is_refused() -> None:
    """Blank nodes that all look alike make RDFC-1.0 try their permutations (clause 7.1)."""
    nodes = range(8)
    quads = "".join(f"_:a{one} <urn:x:p> _:a{two} .\n" for one in nodes for two in nodes if one != two)

    with pytest.raises(DocumentUnsuitable, match="told apart"):
        canonical_quads(quads)


def test_a_label_in_a_text_is_no_blank_node() -> None:
    """Only identifiers count when twins are looked for."""
    quads = "".join(f'<urn:x:{number}> <urn:x:p> "_:b{number}" .\n' for number in range(20))

    assert canonical_quads(quads).count("_:b") == 20
