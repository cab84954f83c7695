"""Open Badges 3.0: what the credential says, where, and that two ways of writing it agree."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from jsonschema import Draft201909Validator

from mappings.assessment import ActivityId, Presence
from mappings.documents.badge_shape import leaves_of, shape_of
from mappings.documents.envelope import Format
from mappings.documents.open_badges import OWN_CONTEXT_PATH, badge, render_open_badge
from mappings.documents.templates import serialise
from mappings.elements import Stacking, Supervision
from mappings.errors import InvalidValue
from mappings.profile import Stackability
from mappings.text import Text
from tests.conftest import require_data
from tests.mappings.documents.samples import (
    ISSUER_URL,
    PRESENTIAL,
    VIENNA,
    assessed,
    bare_credential,
    credential,
    envelope,
    generated,
    stated,
)


def rendered(made=None, reserved=None) -> dict:
    """Return the badge of Anna's credential as JSON."""
    return json.loads(render_open_badge(made or credential(), reserved or envelope()).body)


@pytest.fixture(scope="session")
def schema() -> Draft201909Validator:
    """Return the strict JSON schema that 1EdTech publishes."""
    path = require_data("ob3/ob_v3p0_achievementcredential_schema.json")
    return Draft201909Validator(json.loads(path.read_text()))


@pytest.mark.conformance
@pytest.mark.parametrize("seed", range(40))
def test_generated_badges_conform_to_the_official_schema(schema: Draft201909Validator, seed: int) -> None:
    """Whatever a credential has or lacks, the badge conforms to the schema of Open Badges 3.0."""
    faults = [error.message for error in schema.iter_errors(rendered(*generated(seed)))]

    assert faults == []


@pytest.mark.conformance
def test_the_official_schema_refuses_a_badge_without_achievement(schema: Draft201909Validator) -> None:
    """The schema check can fail."""
    broken = rendered()
    del broken["credentialSubject"]["achievement"]

    assert list(schema.iter_errors(broken)) != []


@pytest.mark.parametrize("seed", range(100))
def test_filling_a_shape_equals_serialising_the_badge(seed: int) -> None:
    """The template writes the very bytes that the JSON serialiser writes."""
    document = render_open_badge(*generated(seed))

    assert document.body.decode() == serialise(badge(document.shape, document.leaves))


def test_two_learners_of_a_class_share_a_shape() -> None:
    """Name, grade and times are leaves: they make no other shape."""
    one = render_open_badge(credential(), envelope())
    holder = replace(credential().holder.value, full_name="Bo Li", email="bo@example.edu", student_number="2")
    other = render_open_badge(
        credential(holder=holder, assessments=(assessed(grade=replace(assessed().grade, value=Decimal(60))),)),
        envelope(id="00000000-0000-4000-8000-000000000001", status_index=5),
    )

    assert one.shape == other.shape
    assert one.body != other.body


def test_every_element_has_its_place() -> None:
    """Annex I, M1..M11 and O1..O5, each at its path."""
    said = rendered()
    subject, issuer = said["credentialSubject"], said["issuer"]
    achieved = subject["achievement"]

    assert subject["identifier"][0]["identityHash"] == "Anna Nováková"
    assert achieved["name"] == "Introduction to Data Ethics"
    assert issuer["address"]["addressCountryCode"] == "SK"
    assert issuer["name"] == "Example University"
    assert said["awardedDate"] == "2026-11-20T10:00:00Z"
    assert achieved["alignment"][0]["targetName"] == "apply ethical principles"
    assert achieved["creditPoint"]["point"] == "2.5"
    assert achieved["volumeOfLearning"] == "PT62H30M"
    assert achieved["eqfLevel"]["id"] == "http://data.europa.eu/snb/eqf/6"
    assert said["evidence"][0]["dcType"]["name"] == "written examination"
    assert achieved["mode"]["name"] == "Blended"
    assert achieved["alignment"][-1]["targetType"] == "ext:QualityAssurance"
    assert achieved["entryRequirement"]["noteLiteral"] == "None but curiosity."
    assert (subject["supervisionType"], said["evidence"][0]["supervisionType"]) == ("O2.4", "O2.4")
    assert subject["result"][1]["noteLiteral"] == "B (87.5 %)"
    assert achieved["isPartialQualification"] is True
    assert achieved["furtherInformation"]["noteLiteral"] == "Taught since 2021."


def test_a_bare_credential_has_no_empty_members() -> None:
    """What a credential does not say is absent, not empty."""
    said = rendered(bare_credential(), envelope(valid_until=None, status_index=None, status_list_url=""))

    assert "credentialStatus" not in said
    assert "validUntil" not in said
    assert "creditPoint" not in said["credentialSubject"]["achievement"]
    assert '""' not in json.dumps(said)
    assert "null" not in json.dumps(said)


def test_the_status_entry_names_list_and_index() -> None:
    """Bitstring Status List 1.0: the index is a string; Open Badges wants an id."""
    assert rendered()["credentialStatus"] == {
        "id": f"{ISSUER_URL}/status/3#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": f"{ISSUER_URL}/status/3",
    }


def test_the_email_address_is_hashed_with_its_salt_appended() -> None:
    """Open Badges 3.0, IdentityObject: sha256 of the lower-case address and the salt."""
    identity = rendered()["credentialSubject"]["identifier"][2]

    assert identity["hashed"] is True
    assert identity["identityHash"].startswith("sha256$")
    assert "novakova" not in json.dumps(identity).lower()


def test_a_learner_keeps_the_subject_over_credentials_of_an_issuer_only() -> None:
    """The same learner is the same subject, at another issuer another one."""
    first = rendered()["credentialSubject"]["id"]
    again = rendered(reserved=envelope(id="00000000-0000-4000-8000-000000000001"))["credentialSubject"]["id"]
    elsewhere = rendered(reserved=envelope(issuer_url="https://other.example"))["credentialSubject"]["id"]

    assert first == again
    assert first != elsewhere


def test_the_achievement_is_named_by_its_content() -> None:
    """Another title makes another achievement, another learner does not."""
    first = rendered()["credentialSubject"]["achievement"]["id"]
    holder = replace(credential().holder.value, full_name="Bo Li")
    same = rendered(credential(holder=holder))["credentialSubject"]["achievement"]["id"]
    other = rendered(credential(title=Text.of({"en": "Logic"})))["credentialSubject"]["achievement"]["id"]

    assert first == same
    assert first != other


def test_the_own_context_is_served_below_the_issuer() -> None:
    """The fourth context is ours, the third defines the schema's type."""
    contexts = rendered(reserved=envelope(issuer_url=f"{ISSUER_URL}/tenant/"))["@context"]

    assert contexts[3] == f"{ISSUER_URL}/tenant{OWN_CONTEXT_PATH}"
    assert contexts[2].endswith("extensions.json")


def test_further_bodies_and_places_stand_beside_the_issuer() -> None:
    """Annex I, M3 and M4: several places and bodies."""
    first = credential().awarding_bodies.value[0]
    second = replace(first, legal_name=Text.of({"en": "Partner"}), place=replace(first.place, region=VIENNA))
    made = credential(awarding_bodies=(first, second), places=(first.place, second.place))

    issuer = rendered(made)["issuer"]

    assert issuer["awardingBody"][0]["name"] == "Partner"
    assert issuer["awardingBody"][0]["address"]["addressRegion"] == VIENNA.label
    assert issuer["location"] == [{"id": VIENNA.iri, "name": VIENNA.label}]


def test_a_superseding_credential_names_the_superseded() -> None:
    """A correction links to what it replaces."""
    said = rendered(reserved=envelope(supersedes="11111111-2222-4333-8444-555555555555"))

    assert said["replaces"] == "urn:uuid:11111111-2222-4333-8444-555555555555"


def test_a_stand_alone_credential_says_so() -> None:
    """Annex I, O4."""
    said = rendered(credential(stackability=Stacking(Stackability.STAND_ALONE)))["credentialSubject"]["achievement"]

    assert said["isPartialQualification"] is False
    assert "Stand-alone micro-credential." in said["criteria"]["narrative"]
    assert "stacksTowards" not in said


def test_evidence_points_at_the_assessment_where_it_has_an_address() -> None:
    """The URL of the activity names the evidence."""
    said = rendered(credential(assessments=(assessed(url="https://lms.example.edu/mod/7"),)))

    assert said["evidence"][0]["id"] == "https://lms.example.edu/mod/7"


def test_a_learning_setting_is_stated_where_known() -> None:
    """An optional concept of the European Learning Model."""
    said = rendered(replace(credential(), learning_setting=PRESENTIAL))

    assert said["credentialSubject"]["achievement"]["learningSetting"]["id"] == PRESENTIAL.iri


def test_supervision_without_identity_is_not_overstated() -> None:
    """Annex I, O2.2: watched online, identity not verified."""
    watched = Supervision(Presence.ONLINE, identity_verified=False)
    said = rendered(credential(assessments=(assessed(supervision=watched),), supervision=watched))

    assert said["credentialSubject"]["supervisionType"] == "O2.2"
    assert said["evidence"][0]["idVerification"]["name"] == "Supervised without ID Verification"


def test_control_characters_are_refused_at_the_border() -> None:
    """A name with a control character is no name (facts: canonicalisers differ on them)."""
    holder = replace(credential().holder.value, full_name="An\x01na")

    with pytest.raises(InvalidValue, match="control character"):
        render_open_badge(credential(holder=holder), envelope())


def test_a_text_that_looks_like_a_mark_is_refused() -> None:
    """A template cannot be tricked into putting a leaf where a text stands."""
    title = Text.of({"en": "urn:x-leaf:full_name:"})

    with pytest.raises(InvalidValue, match="mark"):
        render_open_badge(credential(title=title), envelope())


def test_a_badge_needs_the_url_of_its_issuer() -> None:
    """Without a base URL there is no did:web."""
    with pytest.raises(InvalidValue, match="URL of its issuer"):
        render_open_badge(credential(), envelope(issuer_url=""))


def test_leaves_hold_all_that_is_the_learner_s() -> None:
    """Nothing of the learner is left in the shape, which is kept in memory."""
    leaves = leaves_of(credential(), envelope())
    shape = shape_of(credential(), envelope(), tuple(leaves))

    assert "Nov" not in repr(shape)
    assert "S-1001" not in repr(shape)


def test_the_document_is_an_open_badge() -> None:
    """The format travels with the document."""
    assert render_open_badge(credential(), envelope()).format is Format.OPEN_BADGES


def test_a_grade_without_maximum_names_no_bounds() -> None:
    """Annex I, O3: a scale without end has no valueMax."""
    open_ended = assessed("lab", grade=replace(assessed().grade, maximum=None))
    outcome = replace(credential().outcomes.value[0], assessed_by=(ActivityId("lab"),))
    said = rendered(replace(credential(assessments=(open_ended,), outcomes=(outcome,)), grade=stated(open_ended.grade)))

    assert "valueMax" not in said["credentialSubject"]["achievement"]["resultDescription"][0]
