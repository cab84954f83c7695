"""SD-JWT VC: the EU's learning credential exactly, ours with what it lacks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mappings.documents.learning_claims import EU_CLAIMS, OWN_CLAIMS
from mappings.documents.sd_jwt_vc import (
    LEARNING_CREDENTIAL,
    LearningType,
    claims,
    disclosable,
    render_sd_jwt_vc,
    type_metadata,
    vct,
)
from mappings.elements import FurtherInformation, Place
from mappings.errors import InvalidValue
from mappings.text import Text
from tests.mappings.documents.samples import (
    ISSUER_URL,
    VIENNA,
    bare_credential,
    credential,
    envelope,
    generated,
)

REGISTERED = {"iss", "vct", "nbf", "exp", "status"}


def rendered(kind: LearningType, made=None, reserved=None) -> dict:
    """Return the claims of Anna's credential."""
    return json.loads(render_sd_jwt_vc(made or credential(), reserved or envelope(), kind).body)


def test_the_eu_type_has_exactly_its_claims() -> None:
    """eudi-srv-pid-issuer, SdJwtVcClaims: names and JSON types."""
    said = rendered(LearningType.EU)

    assert {name: value for name, value in said.items() if name not in REGISTERED} == {
        "issuing_authority": "Example University",
        "issuing_country": "SK",
        "date_of_issuance": "2026-11-20",
        "date_of_expiry": "2031-11-20",
        "family_name": "Nováková",
        "given_name": "Anna",
        "learner_identification": "S-1001",
        "achievement_title": "Introduction to Data Ethics",
        "achievement_description": "Ethical handling of data.",
        "learning_outcomes": ["apply ethical principles"],
        "assessment_grade": "B (87.5 %)",
        "language_of_classes": ["en"],
        "expected_study_time": "2.5 ECTS, 62.5 hours",
        "level_of_learning_experience": 6,
        "types_of_quality_assurance": ["Institutional Quality Assurance: Institutional accreditation 2024"],
        "prerequisites_to_enroll": ["None but curiosity."],
        "integration_stackability_options": True,
    }


def test_our_type_adds_what_the_eu_type_lacks() -> None:
    """Annex I, M9, M10, O2, and what else has no claim there."""
    said = rendered(LearningType.EXTENDED)

    assert said["vct"] == f"{ISSUER_URL}/types/microcredential/1"
    assert said["type_of_assessment"] == ["written examination"]
    assert said["form_of_participation"] == "Blended"
    assert said["supervision"] == {"category": "O2.4", "description": "on site, with identity verification"}
    assert said["cycle"] == "QF-EHEA first cycle"
    assert said["stackable_towards"] == "Minor in Ethics"
    assert said["further_information"] == "Taught since 2021. https://example.edu/ethics"


def test_registered_claims_say_issuer_time_and_status() -> None:
    """Token Status List, 6.2; times as numbers."""
    said = rendered(LearningType.EU)

    assert said["iss"] == ISSUER_URL
    assert (said["nbf"], said["exp"]) == (1795168800, 1952935200)
    assert said["status"] == {"status_list": {"idx": 94567, "uri": f"{ISSUER_URL}/status/3.jwt"}}


@pytest.mark.parametrize("seed", range(40))
def test_mandatory_claims_are_always_there(seed: int) -> None:
    """Whatever a credential lacks."""
    said = rendered(LearningType.EXTENDED, *generated(seed))

    assert {claim.name for claim in claims(LearningType.EXTENDED) if claim.mandatory} <= set(said)
    assert None not in said.values()


def test_a_bare_credential_leaves_claims_out() -> None:
    """What is not known is not claimed."""
    said = rendered(
        LearningType.EXTENDED, bare_credential(), envelope(valid_until=None, status_index=None, status_list_url="")
    )

    assert said["family_name"] == "Bo"
    assert said["learner_identification"].startswith("urn:uuid:")
    assert said["language_of_classes"] == ["en", "sk"]
    assert said["expected_study_time"] == "30 hours"
    absent = {"exp", "status", "date_of_expiry", "given_name", "assessment_grade", "cycle", "further_information"}
    assert not absent & set(said)


def test_a_region_is_stated_where_known() -> None:
    """Annex I, M3."""
    place = Place(credential().places.value[0].country, VIENNA)

    assert rendered(LearningType.EXTENDED, credential(places=(place,)))["issuing_region"] == [VIENNA.label]


@pytest.mark.parametrize(
    ("further", "said"),
    [
        (FurtherInformation(Text.of({"en": "More."})), "More."),
        (FurtherInformation(homepage="https://example.edu"), "https://example.edu"),
    ],
)
def test_further_information_is_text_or_address(further: FurtherInformation, said: str) -> None:
    """Annex I, O5."""
    assert rendered(LearningType.EXTENDED, credential(further_information=further))["further_information"] == said


def test_a_country_without_iso_code_is_named() -> None:
    """The EU table has entries that ISO 3166 has not."""
    country = replace(credential().places.value[0].country, iri="http://x/OP_DATPRO", label="Provisional data")

    assert rendered(LearningType.EU, credential(places=(Place(country),)))["issuing_country"] == "Provisional data"


def test_type_metadata_describes_every_claim() -> None:
    """SD-JWT VC, «Type Metadata»."""
    metadata = type_metadata(ISSUER_URL)

    assert metadata["vct"] == vct(LearningType.EXTENDED, ISSUER_URL)
    assert metadata["extends"] == LEARNING_CREDENTIAL
    assert [claim["path"] for claim in metadata["claims"]] == [[each.name] for each in (*EU_CLAIMS, *OWN_CLAIMS)]
    assert {claim["sd"] for claim in metadata["claims"]} == {"always", "never"}


def test_disclosable_claims_are_known_by_the_type() -> None:
    """The person and what was reached may be withheld, issuer and title not."""
    assert "family_name" in disclosable(LEARNING_CREDENTIAL)
    assert "supervision" not in disclosable(LEARNING_CREDENTIAL)
    assert "supervision" in disclosable(vct(LearningType.EXTENDED, ISSUER_URL))
    assert "achievement_title" not in disclosable(LEARNING_CREDENTIAL)
    assert disclosable("urn:x:y") == frozenset()


def test_it_needs_the_url_of_its_issuer() -> None:
    """Without it there is no iss."""
    with pytest.raises(InvalidValue):
        render_sd_jwt_vc(credential(), envelope(issuer_url=""))


def test_what_a_class_shares_is_nobody_else_s() -> None:
    """One after the other, of other courses, languages and types: each says its own, as if it were the first."""
    for seed in (*range(30), *range(0, 30, 7)):
        made, reserved = generated(seed)
        for kind in LearningType:
            values = {claim.name: claim.value(made, reserved) for claim in claims(kind)}
            said = rendered(kind, made, reserved)

            assert {name: value for name, value in values.items() if value is not None} == {
                name: value for name, value in said.items() if name not in REGISTERED
            }


def test_a_personal_claim_is_the_learner_s() -> None:
    """Another learner of the same class, with another grade and another day."""
    other = credential(
        holder=replace(credential().holder.value, family_name='O"Neil', given_name="", student_number="S-2"),
        grade=replace(credential().grade.value, shown_as="A"),
    )

    first, second, again = (rendered(LearningType.EXTENDED, each) for each in (credential(), other, credential()))

    assert first == again
    assert {name for name in first if first[name] != second.get(name)} == {
        "family_name",
        "given_name",
        "learner_identification",
        "assessment_grade",
    }
    assert second["family_name"] == 'O"Neil'
