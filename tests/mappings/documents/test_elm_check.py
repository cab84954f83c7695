"""What the shapes let pass is found here, with its place and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.documents.elm_check import Problem, ProblemCode, missing_elements, problems
from mappings.elements import Element
from tests.mappings.documents.elm_samples import rendered

Change = Callable[[dict[str, Any]], Any]
SNB = "http://data.europa.eu/snb"
CLAIM = "$.credentialSubject.hasClaim[0]"


def found(change: Change) -> list[tuple[ProblemCode, str]]:
    """Codes and paths of the problems of our own document after ``change``."""
    document = rendered()
    change(document)
    return [(problem.code, problem.path) for problem in problems(document)]


def claim(document: dict[str, Any]) -> dict[str, Any]:
    """The achievement of ``document``."""
    achievement: dict[str, Any] = document["credentialSubject"]["hasClaim"][0]
    return achievement


def concept(iri: str) -> dict[str, Any]:
    """A concept that says it is in the right scheme."""
    return {"id": iri, "type": "Concept", "prefLabel": {"en": "x"}}


def test_our_own_document_has_no_problems() -> None:
    """And says so in values that a report can carry."""
    assert problems(rendered()) == ()


def test_a_problem_is_told_in_a_sentence() -> None:
    """Code for machines, JSON path for the one who repairs, sentence for the one who reads."""
    document = rendered() | {"proctoringScore": 5}

    sentence = "No context defines this key: it says nothing."
    assert problems(document) == (Problem(ProblemCode.UNKNOWN_KEY, "$.proctoringScore", sentence),)


@pytest.mark.parametrize(
    "contexts",
    [
        None,
        [],
        "https://www.w3.org/2018/credentials/v1",
        ["http://data.europa.eu/snb/model/context/edc-ap", "https://www.w3.org/2018/credentials/v1"],
        ["https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap-2"],
        ["https://www.w3.org/2018/credentials/v1", {"a": "b"}, "http://data.europa.eu/snb/model/context/edc-ap"],
        ["https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap", "urn:more"],
    ],
)
def test_trap_1_a_lost_or_foreign_context(contexts: object) -> None:
    """Without the context no shape has a target, and everything conforms."""
    assert (ProblemCode.CONTEXT, "$.@context") in found(lambda document: document.update({"@context": contexts}))


def test_the_context_may_be_named_by_https() -> None:
    """The two addresses are one context."""
    both = ["https://www.w3.org/2018/credentials/v1", "https://data.europa.eu/snb/model/context/edc-ap"]

    assert found(lambda document: document.update({"@context": both})) == []


def test_a_context_inside_the_document() -> None:
    """A node with its own context can mean anything by its keys."""
    assert found(lambda document: document["issuer"].update({"@context": {}})) == [
        (ProblemCode.CONTEXT, "$.issuer.@context")
    ]


@pytest.mark.parametrize("type_", ["VerifiableCredential", "EuropeanDigitalCredential"])
def test_trap_1_a_lost_type(type_: str) -> None:
    """Without its type the document is nothing that the shapes look at."""
    assert found(lambda document: document["type"].remove(type_)) == [(ProblemCode.TYPE, "$.type")]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: claim(d)["specifiedBy"].update(learningOutcomes=[]), f"{CLAIM}.specifiedBy.learningOutcomes"),
        (lambda d: claim(d)["provenBy"][1].update(proctoringScore=1), f"{CLAIM}.provenBy[1].proctoringScore"),
        (lambda d: d["issuer"].update({"@id": "urn:x"}), "$.issuer.@id"),
        (lambda d: d["issuer"].update({"@value": "x"}), "$.issuer.id"),
    ],
)
def test_trap_2_a_key_that_no_context_defines(change: Change, path: str) -> None:
    """Misspelt or invented: JSON-LD drops it without a word."""
    assert (ProblemCode.UNKNOWN_KEY, path) in found(change)


def test_trap_2_a_type_that_no_context_defines() -> None:
    """A node of an invented type is of none."""
    assert found(lambda document: claim(document)["specifiedBy"].update(type="MicroQualification")) == [
        (ProblemCode.UNKNOWN_TYPE, f"{CLAIM}.specifiedBy.type")
    ]


def test_trap_3_a_concept_that_does_not_exist() -> None:
    """The right scheme, but no such level."""
    assert found(lambda document: claim(document)["specifiedBy"].update(eqfLevel=concept(f"{SNB}/eqf/99"))) == [
        (ProblemCode.UNKNOWN_CONCEPT, f"{CLAIM}.specifiedBy.eqfLevel")
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d, c: claim(d)["provenBy"][0].update(idVerification=c), "provenBy[0].idVerification"),
        (lambda d, c: claim(d)["provenBy"][0]["specifiedBy"].update(mode=[c]), "provenBy[0].specifiedBy.mode"),
        (lambda d, c: claim(d)["provenBy"][0]["specifiedBy"].update(dcType=c), "provenBy[0].specifiedBy.dcType"),
        (
            lambda d, c: claim(d)["specifiedBy"]["creditPoint"][0].update(framework=c),
            "specifiedBy.creditPoint[0].framework",
        ),
        (
            lambda d, c: claim(d)["specifiedBy"]["learningOutcome"][0].update(relatedESCOSkill=c),
            "specifiedBy.learningOutcome[0].relatedESCOSkill",
        ),
        (lambda d, c: claim(d)["specifiedBy"].update(nqfLevel=c), "specifiedBy.nqfLevel"),
    ],
)
def test_trap_3_a_concept_of_another_scheme(change: Callable[[Any, Any], None], path: str) -> None:
    """An EQF level where a supervision, a mode, a kind of assessment or a framework belongs."""
    wrong = concept(f"{SNB}/eqf/6")

    assert (ProblemCode.WRONG_SCHEME, f"{CLAIM}.{path}") in found(lambda document: change(document, wrong))


def test_trap_3_a_concept_by_its_id_alone_is_looked_up_too() -> None:
    """A reference says as much as the whole node, a code alone says nothing."""
    good = found(lambda document: claim(document)["specifiedBy"].update(eqfLevel=f"{SNB}/eqf/6"))
    bad = found(lambda document: claim(document)["specifiedBy"].update(eqfLevel="6"))

    assert good == []
    assert bad == [(ProblemCode.WRONG_SCHEME, f"{CLAIM}.specifiedBy.eqfLevel")]


def test_trap_4_one_id_for_two_notes() -> None:
    """Grade and prerequisite of one id: readers see both texts in both places."""

    def change(document: dict[str, Any]) -> None:
        claim(document)["provenBy"][0]["grade"]["id"] = claim(document)["specifiedBy"]["entryRequirement"]["id"]

    assert found(change) == [(ProblemCode.ID_COLLISION, f"{CLAIM}.specifiedBy.entryRequirement.noteLiteral.en")]


def test_trap_4_one_concept_with_two_labels() -> None:
    """The same language twice is a contradiction, another language is a translation."""

    def relabel(language: str) -> Change:
        return lambda document: claim(document)["specifiedBy"]["mode"][0].update(prefLabel={language: "online"})

    assert (ProblemCode.ID_COLLISION, f"{CLAIM}.specifiedBy.mode[0].prefLabel.en") in found(relabel("en"))
    assert found(relabel("nl")) == []


def test_trap_4_one_process_with_two_dates() -> None:
    """Different content under one id is found on whichever copy comes second."""

    def change(document: dict[str, Any]) -> None:
        process = claim(document)["provenBy"][0]["awardedBy"]
        claim(document)["provenBy"][0]["awardedBy"] = process | {"awardingDate": "2026-01-01T00:00:00Z"}

    assert (ProblemCode.ID_COLLISION, f"{CLAIM}.provenBy[0].awardedBy.awardingDate") in found(change)


def test_a_reference_is_no_contradiction() -> None:
    """Naming a node by its id, or by id and type, says nothing new; nor do nodes without an id."""

    def change(document: dict[str, Any]) -> None:
        issuer = document["issuer"]
        claim(document)["awardedBy"]["awardingBody"] = [{"id": issuer["id"], "type": "Organisation"}]
        claim(document)["provenBy"][0]["awardedBy"]["awardingBody"] = issuer["id"]
        del claim(document)["provenBy"][0]["grade"]["id"]

    document = rendered()
    for assessment in claim(document)["provenBy"]:
        assessment["awardedBy"] = claim(document)["awardedBy"]
    claim(document)["influencedBy"][0]["awardedBy"] = claim(document)["awardedBy"]
    change(document)

    assert problems(document) == ()


@pytest.mark.parametrize(
    "date",
    [
        "2026-06-30",
        "2026-06-30T10:00:00",
        "2026-06-30 10:00:00Z",
        "2026-13-30T10:00:00Z",
        "2026-02-30T10:00:00+02:00",
        "yesterday",
        "",
        5,
        {"@value": "2026-06-30"},
        {},
    ],
)
def test_trap_5_a_date_without_offset(date: object) -> None:
    """Rdflib takes a bare date for a dateTime; no reader knows in which zone it begins."""
    expected = [] if date is None else [(ProblemCode.DATE, "$.validFrom")]

    assert [
        each for each in found(lambda document: document.update(validFrom=date)) if each[1] == "$.validFrom"
    ] == expected


@pytest.mark.parametrize("date", ["2026-06-30T10:00:00.123+02:00", {"@value": "2026-06-30T10:00:00Z"}])
def test_a_date_with_an_offset_is_fine(date: object) -> None:
    """Fractions and JSON-LD value objects too."""
    assert found(lambda document: document.update(validFrom=date)) == []


@pytest.mark.parametrize("amount", ["50 hours", "P", "PT", "P60M", "P1Y", "P1YT5H", "50", 50])
def test_trap_5_an_amount_of_work_that_is_none(amount: object) -> None:
    """Not a duration, or one in months: the Commission's sample means sixty hours and says sixty months."""
    assert found(lambda document: claim(document)["specifiedBy"].update(volumeOfLearning=amount)) == [
        (ProblemCode.DURATION, f"{CLAIM}.specifiedBy.volumeOfLearning")
    ]


def test_other_durations_may_be_in_months() -> None:
    """How long a course may last at most is no amount of work."""
    assert found(lambda document: claim(document)["specifiedBy"].update(maximumDuration="P1M")) == []
    assert found(lambda document: claim(document)["specifiedBy"].update(maximumDuration="1 month")) == [
        (ProblemCode.DURATION, f"{CLAIM}.specifiedBy.maximumDuration")
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (
            lambda d: claim(d)["specifiedBy"]["creditPoint"][0].update(point=2),
            f"{CLAIM}.specifiedBy.creditPoint[0].point",
        ),
        (lambda d: claim(d).update(title="Data"), f"{CLAIM}.title"),
        (lambda d: claim(d).update(title={}), f"{CLAIM}.title"),
        (lambda d: claim(d).update(title={"en": 5}), f"{CLAIM}.title"),
        (lambda d: claim(d).update(title={"en": ["a", " "]}), f"{CLAIM}.title"),
        (lambda d: claim(d).update(hasPart=5), f"{CLAIM}.hasPart"),
        (lambda d: claim(d).update(hasPart=""), f"{CLAIM}.hasPart"),
        (
            lambda d: claim(d)["specifiedBy"].update(isPartialQualification="yes"),
            f"{CLAIM}.specifiedBy.isPartialQualification",
        ),
        (lambda d: d["displayParameter"].update(summaryDisplay=True), "$.displayParameter.summaryDisplay"),
        (lambda d: d.update(id=7), "$.id"),
        (lambda d: d["credentialSubject"].update(type=[7]), "$.credentialSubject.type"),
    ],
)
def test_a_value_of_the_wrong_kind(change: Change, path: str) -> None:
    """Numbers for strings, text without a language, neither node nor reference."""
    assert (ProblemCode.WRONG_VALUE, path) in found(change)


@pytest.mark.parametrize("page", [True, 1.5, "1"])
def test_a_page_is_a_whole_number(page: object) -> None:
    """True is no number, although Python says so."""

    def change(document: dict[str, Any]) -> None:
        document["displayParameter"]["individualDisplay"][0]["displayDetail"][0]["page"] = page

    assert [code for code, _ in found(change)] == [ProblemCode.WRONG_VALUE]


def test_what_a_proof_holds_is_not_ours_to_judge() -> None:
    """Its terms are those of its own type."""
    assert found(lambda document: document.update(proof={"cryptosuite": "x"})) == []


def test_a_document_full_of_problems_is_not_read_to_its_end() -> None:
    """Two hundred are told."""
    assert len(problems({f"unknown{number}": 1 for number in range(1000)})) == 200


KEYS = st.sampled_from(
    ["id", "type", "@context", "@value", "title", "issued", "mode", "issuer", "hasClaim", "credentialSubject", "x"]
)
SCALARS = st.sampled_from([None, True, 0, -1.5, float("nan"), "", "x", "2026", "Person"])
json_values = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4), max_leaves=12
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, json_values, max_size=5))
def test_no_document_is_an_exception(document: dict[str, Any]) -> None:
    """Whatever a stranger sends is a report."""
    assert problems(document)
    assert Element.LEARNING_OUTCOMES in missing_elements(document)


def test_depth_is_no_exception() -> None:
    """Deeper than Python's own stack."""
    document: dict[str, Any] = {}
    for _ in range(5000):
        document = {"hasPart": [[document]]}

    assert problems(document)
    assert len(missing_elements(document)) == 11
