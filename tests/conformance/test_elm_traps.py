"""What the official shapes let pass, on the model credential: each change conforms, and our own check finds it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mappings.documents.elm_check import missing_elements, problems
from mappings.elements import Element
from tests.conformance.shapes import VERSIONS, violations
from tests.conftest import ROOT, require_data

pytestmark = pytest.mark.conformance
SNB = "http://data.europa.eu/snb"
Change = Callable[[dict[str, Any]], Any]


def model() -> dict[str, Any]:
    """The model credential."""
    document: dict[str, Any] = json.loads(require_data("elm/samples/minimal_annex1_full.jsonld").read_text())
    return document


def commission(name: str) -> dict[str, Any]:
    """The Commission's sample, out of its seal where it has one."""
    sample = json.loads(require_data(f"elm/samples/Sample-MC-Annex1-{name}.jsonld").read_text())
    document: dict[str, Any] = json.loads(sample["payload"]) if "payload" in sample else sample
    return document


def claim(document: dict[str, Any]) -> dict[str, Any]:
    """The one achievement."""
    achievement: dict[str, Any] = document["credentialSubject"]["hasClaim"]
    return achievement


def foreign(scheme: str, iri: str) -> dict[str, Any]:
    """A well-formed concept."""
    return {"id": iri, "type": "Concept", "inScheme": {"id": scheme, "type": "ConceptScheme"}}


LEVEL_99 = foreign(f"{SNB}/eqf/25831c2", f"{SNB}/eqf/99")
TARGET_GROUP = foreign(f"{SNB}/target-group/25831c2", f"{SNB}/target-group/c_03a7a6ae")
TRAPS: dict[str, tuple[str, Change]] = {
    "unknown key": ("unknown_key", lambda d: claim(d)["provenBy"].update(proctoringScore=5)),
    "misspelt key": (
        "unknown_key",
        lambda d: claim(d)["specifiedBy"].update(learningOutcomes=claim(d)["specifiedBy"].pop("learningOutcome")),
    ),
    "nonexistent level": ("unknown_concept", lambda d: claim(d)["specifiedBy"].update(eqfLevel=LEVEL_99)),
    "verification of another scheme": (
        "wrong_scheme",
        lambda d: claim(d)["provenBy"].update(idVerification=TARGET_GROUP),
    ),
    "mode of another scheme": ("wrong_scheme", lambda d: claim(d)["specifiedBy"].update(mode=TARGET_GROUP)),
    "assessment type of another scheme": (
        "wrong_scheme",
        lambda d: claim(d)["provenBy"]["specifiedBy"].update(dcType=TARGET_GROUP),
    ),
    "credit framework of another scheme": (
        "wrong_scheme",
        lambda d: claim(d)["specifiedBy"]["creditPoint"].update(framework=TARGET_GROUP),
    ),
    "two notes with one id": (
        "id_collision",
        lambda d: claim(d)["provenBy"]["grade"].update(id=claim(d)["specifiedBy"]["entryRequirement"]["id"]),
    ),
    "date without time": ("date", lambda d: d.update(validFrom="2026-06-30")),
    "date without offset": ("date", lambda d: d.update(issued="2026-06-30T10:00:00")),
    "credit points as a number": (
        "wrong_value",
        lambda d: claim(d)["specifiedBy"]["creditPoint"].update(point=2),
    ),
    "work in months": ("duration", lambda d: claim(d)["specifiedBy"].update(volumeOfLearning="P60M")),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("trap", TRAPS)
def test_the_shapes_are_content_and_we_are_not(trap: str, version: str) -> None:
    """Section by section what SHACL cannot see, in both versions."""
    code, change = TRAPS[trap]
    document = model()
    change(document)

    assert violations(version, document) == []
    assert [problem.code for problem in problems(document)] == [code]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("type", lambda d: d.update(type=["VerifiableCredential"])),
        ("context", lambda d: d.update({"@context": d["@context"][:1]})),
    ],
)
def test_nothing_to_look_at_conforms(code: str, change: Change) -> None:
    """Without its type or its context the document has no node that a shape aims at."""
    document = model()
    change(document)

    with pytest.raises(AssertionError, match="nothing that the shapes would look at"):
        violations("3.2", document)
    assert [problem.code for problem in problems(document)] == [code]


def test_the_model_credential_is_sound_and_complete() -> None:
    """No false alarm on a document that others made."""
    assert problems(model()) == ()
    assert missing_elements(model()) == ()


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("signed", (Element.QUALITY_ASSURANCE,)),
        ("unsigned", (Element.DATE_OF_ISSUE, Element.QUALITY_ASSURANCE)),
    ],
)
def test_the_known_defects_of_the_commission_s_sample(name: str, missing: tuple[Element, ...]) -> None:
    """No quality assurance, a private concept as type of assessment, sixty months for sixty hours; nothing else."""
    document = commission(name)

    assert missing_elements(document) == missing
    assert [(problem.code, problem.path.rpartition(".")[2]) for problem in problems(document)] == [
        ("duration", "volumeOfLearning"),
        ("wrong_scheme", "dcType"),
    ]


def kind(definition: dict[str, str]) -> str:
    """The kind of a term by its definition in a context."""
    if definition.get("@container") == "@language":
        return "language"
    datatype = definition.get("@type", "plain")
    return "node" if datatype == "@id" else datatype.rpartition(":")[2]


def test_our_table_of_terms_is_that_of_the_official_contexts() -> None:
    """Every term and type of edc-ap 3.1 and 3.2 and of a W3C credential, with its kind, and not one more."""
    w3c = json.loads(require_data("elm/w3c-credentials-v1.jsonld").read_text())["@context"]
    credential = w3c["VerifiableCredential"]["@context"]
    kinds = {term: kind(each) for term, each in credential.items() if isinstance(each, dict)}
    types = {"VerifiableCredential"}
    for version in VERSIONS:
        context = json.loads(require_data(f"elm/{version}/edc-ap-context.jsonld").read_text())["@context"]
        kinds |= {term: kind(each) for term, each in context.items() if isinstance(each, dict)}
        types |= {term for term, each in context.items() if isinstance(each, str) and term[0].isupper()}

    table = json.loads((ROOT / "mappings/documents/elm_terms.json").read_text())

    assert table["terms"] == kinds
    assert set(table["types"]) == types
