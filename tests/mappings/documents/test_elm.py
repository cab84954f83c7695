"""Every standard element at its place in the European Learning Model."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings.assessment import Presence
from mappings.documents.elm import render_elm
from mappings.documents.elm_nodes import duration
from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from mappings.elements import (
    AwardingBody,
    FurtherInformation,
    Grade,
    Place,
    Stacking,
    Supervision,
)
from mappings.errors import InvalidValue, UnknownTerm
from mappings.profile import Cycle, Level, Stackability, Workload
from mappings.text import Text
from mappings.vocabularies.terms import term
from tests.factories import GRADED, accreditation, text
from tests.mappings.documents.elm_samples import ENVELOPE, ID, claim, credential, rendered

ONLINE, ON_SITE, PROJECT_BASED = "920fbb3cbe", "9191af2ed9", "7813801c77"


def codes(concepts: list[dict[str, Any]]) -> list[str]:
    """The last parts of the concepts' IRIs."""
    return [each["id"].rpartition("/")[2] for each in concepts]


def assessed(supervision: Supervision, mode: str = ONLINE) -> dict[str, Any]:
    """The first assessment, supervised so and planned in this mode."""
    first, *others = credential().assessments.value
    changed = replace(first, supervision=supervision, mode=term("modes-learning-assessment", mode))
    found: dict[str, Any] = claim(assessments=(changed, *others))["provenBy"][0]
    return found


def test_the_same_input_gives_the_same_bytes() -> None:
    """Rendering is a pure function, so a document can be made again from what is stored."""
    assert render_elm(credential(), ENVELOPE) == render(Format.ELM, credential(), ENVELOPE)


def test_the_document_is_a_european_digital_credential() -> None:
    """Types, context in the Commission's order, schema and profile: a lost one makes every check pass vacuously."""
    document = rendered()

    assert document["@context"] == [
        "https://www.w3.org/2018/credentials/v1",
        "http://data.europa.eu/snb/model/context/edc-ap",
    ]
    assert document["type"] == ["VerifiableCredential", "EuropeanDigitalCredential"]
    assert document["id"] == f"urn:credential:{ID}"
    assert document["credentialSchema"][0]["id"] == "http://data.europa.eu/snb/model/ap/edc-generic-full"
    assert codes(document["credentialProfiles"]) == ["e34929035b"]


def test_nodes_with_one_id_have_one_content() -> None:
    """JSON-LD merges nodes by id: repeated nodes are identical, different ones never share an id."""
    seen: dict[str, Any] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "type" in node:
                assert seen.setdefault(node["id"], node) == node
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(rendered(awarding_bodies=(*credential().awarding_bodies.value, second_body())))

    assert len(seen) > 50


def second_body() -> AwardingBody:
    """A partner in another country."""
    return AwardingBody(text("Partner"), "NTRDE-HRB 1", Place(term("country", "DEU")))


def test_m1_the_learner() -> None:
    """M1: names in the first language, student number; the e-mail address stays out."""
    holder = replace(credential().holder.value, full_name="Ωραία Ρήγα", student_number="S-1", email="o@example.org")

    document = rendered(holder=holder)

    subject = document["credentialSubject"]
    assert subject["fullName"] == {"en": "Ωραία Ρήγα"}
    assert (subject["givenName"], subject["familyName"]) == ({"en": "Anna"}, {"en": "Kowalska"})
    assert [(each["schemeName"], each["notation"]) for each in subject["identifier"]] == [("Student number", "S-1")]
    assert "o@example.org" not in json.dumps(document)


def test_m1_parts_of_a_name_that_nobody_gave_are_absent() -> None:
    """An empty language string would be a violation."""
    holder = replace(credential().holder.value, given_name="", family_name="", student_number="")

    subject = rendered(holder=holder)["credentialSubject"]

    assert not {"givenName", "familyName", "identifier"} & set(subject)


@pytest.mark.parametrize("name", ["Anna\x00", "Anna\ud800", "\x1b[31mAnna"])
@pytest.mark.parametrize("field", ["full_name", "student_number"])
def test_m1_control_characters_are_refused(name: str, field: str) -> None:
    """A name is what a person can read; half a surrogate pair is not even UTF-8."""
    with pytest.raises(InvalidValue):
        rendered(holder=replace(credential().holder.value, **{field: name}))


def test_m2_the_title_in_every_language() -> None:
    """M2: on the achievement, the qualification and the display."""
    title = text("Data", nl="Gegevens")

    document = rendered(title=title, languages=("en", "nl"))

    achievement = document["credentialSubject"]["hasClaim"][0]
    titles = [achievement["title"], achievement["specifiedBy"]["title"], document["displayParameter"]["title"]]
    assert titles == [{"en": "Data", "nl": "Gegevens"}] * 3


def test_m3_country_and_region() -> None:
    """M3: country in the address, region as a unit of ATU, a further place as a further location."""
    places = (*credential().places.value, Place(term("country", "NLD")))

    locations = rendered(places=places)["issuer"]["location"]

    countries = [each["countryCode"] for location in locations for each in location["address"]]
    assert codes(countries) == ["BEL", "NLD"]
    assert countries[0]["notation"] == "country"
    assert codes(locations[0]["spatialCode"]) == ["BEL"]
    assert locations[0]["address"][0]["fullAddress"]["noteLiteral"] == {"en": "Teststraat 1, 1000 Brussel"}


def test_m4_every_awarding_body() -> None:
    """M4: all of them award, the first one issues and is the very same node."""
    document = rendered(awarding_bodies=(*credential().awarding_bodies.value, second_body()))

    achievement = document["credentialSubject"]["hasClaim"][0]
    awarding = achievement["awardedBy"]["awardingBody"]
    assert [each["legalName"]["en"] for each in awarding] == ["Test Academy", "Partner"]
    assert awarding[0] == document["issuer"]
    assert awarding[0]["eIDASIdentifier"]["notation"] == "VATBE-0123456789"
    assert codes([awarding[0]["eIDASIdentifier"]["spatial"]]) == ["BEL"]
    assert awarding[0]["contactPoint"][0]["emailAddress"][0]["id"] == "mailto:registry@academy.example.org"


def test_m4_a_body_without_particulars() -> None:
    """What the institution did not state has no key."""
    bodies = (*credential().awarding_bodies.value, replace(second_body(), eidas_identifier=""))

    bare = claim(awarding_bodies=bodies)["awardedBy"]["awardingBody"][1]

    assert set(bare) == {"id", "type", "legalName", "location"}


def test_the_logo_travels_once() -> None:
    """It stands on the issuer as PNG, not on every copy of the node; both are one organisation."""
    [body] = credential().awarding_bodies.value

    document = rendered(awarding_bodies=(replace(body, logo_png=b"\x89PNG"),))

    issuer = document["issuer"]
    assert base64.b64decode(issuer.pop("logo")["content"]) == b"\x89PNG"
    assert document["credentialSubject"]["hasClaim"][0]["awardedBy"]["awardingBody"] == [issuer]


def test_m5_the_date_of_issue() -> None:
    """M5: issued, issuanceDate and awardingDate with their offset; validFrom is the envelope's."""
    document = rendered(date_of_issue=datetime(2026, 6, 30, 10, 0, 0, 999, tzinfo=UTC))

    dates = [document["issued"], document["issuanceDate"], document["validFrom"]]
    assert dates == ["2026-06-30T10:00:00Z", "2026-06-30T10:00:00Z", "2026-11-24T10:30:00Z"]
    awarded = document["credentialSubject"]["hasClaim"][0]["awardedBy"]
    assert awarded["awardingDate"] == "2026-06-30T10:00:00Z"
    assert "validUntil" not in document


def test_the_end_of_validity() -> None:
    """Both names of it, where there is one."""
    document = rendered(replace(ENVELOPE, valid_until=datetime(2030, 1, 1, tzinfo=UTC)))

    assert (document["validUntil"], document["expirationDate"]) == ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z")


def test_m6_the_outcomes() -> None:
    """M6: title, kind, reusability and ESCO skills of each."""
    first, *others = credential().outcomes.value
    skill = "http://data.europa.eu/esco/skill/5fd5c985-eaaa-47aa-8314-62359c54505a"
    kind, reusability = term("skill-type", "skill"), term("skill-reuse-level", "transversal")
    outcome = replace(first, description=text("More"), esco=(skill, skill), kind=kind, reusability=reusability)

    rendered_outcomes = claim(outcomes=(outcome, *others))["specifiedBy"]["learningOutcome"]

    assert [each["title"]["en"] for each in rendered_outcomes] == [
        each.title.in_language("en") for each in (first, *others)
    ]
    assert [each["id"] for each in rendered_outcomes[0]["relatedESCOSkill"]] == [skill]
    assert (rendered_outcomes[0]["dcType"]["id"], rendered_outcomes[0]["reusabilityLevel"]["id"]) == (
        kind.iri,
        reusability.iri,
    )
    assert rendered_outcomes[0]["additionalNote"][0]["noteLiteral"] == {"en": "More"}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [("125", "PT125H"), ("12.5", "PT12H30M"), ("0.25", "PT15M"), ("0.001", "PT1M"), ("1800", "PT1800H")],
)
def test_hours_become_a_duration(hours: str, expected: str) -> None:
    """xsd:duration in hours and minutes: months of an hour's name are a known defect of the Commission's sample."""
    assert duration(Decimal(hours)) == expected


def test_m7_workload_in_credits_and_hours() -> None:
    """M7: credits as a string in the ECTS framework, notional hours as a duration."""
    achievement = claim(workload=Workload(Decimal("5.0"), Decimal(125)))

    points = achievement["specifiedBy"]["creditPoint"]
    assert [(each["point"], codes([each["framework"]])) for each in points] == [("5", ["6fcec5c5af"])]
    activity = achievement["influencedBy"][0]["specifiedBy"]
    assert (achievement["specifiedBy"]["volumeOfLearning"], activity["volumeOfLearning"]) == ("PT125H", "PT125H")


def test_m7_workload_in_one_of_them() -> None:
    """What was not stated is not computed."""
    in_hours = claim(workload=Workload(hours=Decimal(10)))["specifiedBy"]
    in_credits = claim(workload=Workload(ects=Decimal(10)))["specifiedBy"]

    assert "creditPoint" not in in_hours
    assert "volumeOfLearning" not in in_credits
    assert in_credits["creditPoint"][0]["point"] == "10"


def test_m8_level_and_cycle() -> None:
    """M8: EQF level from its list, QF-EHEA cycle under our own urn."""
    qualification = claim(level=Level(7, Cycle.SECOND))["specifiedBy"]

    assert qualification["eqfLevel"]["id"] == "http://data.europa.eu/snb/eqf/7"
    assert [each["id"] for each in qualification["educationLevel"]] == ["urn:epass:concept:qf-ehea-second-cycle"]
    assert "educationLevel" not in claim(level=Level(7))["specifiedBy"]


def test_m9_and_o3_one_assessment_each() -> None:
    """M9, O3: every proving assessment with its type and its own grade."""
    proven = claim()["provenBy"]

    types = [codes([each["specifiedBy"]["dcType"]])[0] for each in proven]
    assert types == ["b1b68f6735", "795dac4096", "6e6cb2cc78"]
    assert [each["grade"]["noteLiteral"] for each in proven] == [
        {"en": "100/100"},
        {"en": "95/100"},
        {"en": "100/100"},
    ]
    assert [each["dateIssued"] for each in proven] == [GRADED.isoformat().replace("+00:00", "Z")] * 3
    assert all(each["awardedBy"] == claim()["awardedBy"] for each in proven)


def test_m9_the_address_of_an_assessment() -> None:
    """Where the platform shows one, it is linked."""
    first, *others = credential().assessments.value
    linked = replace(first, url="https://lms.example.org/quiz/6")

    proven = claim(assessments=(linked, *others))["provenBy"]

    assert proven[0]["supplementaryDocument"][0]["contentURL"] == "https://lms.example.org/quiz/6"
    assert "supplementaryDocument" not in proven[1]


def test_m10_the_form_of_participation() -> None:
    """M10: on the activity and on the qualification."""
    achievement = claim(participation=term("modes-learning-assessment", "e92d221e4d"))

    activity = achievement["influencedBy"][0]["specifiedBy"]
    assert codes(activity["mode"]) == codes(achievement["specifiedBy"]["mode"]) == ["e92d221e4d"]
    assert codes(activity["dcType"]) == ["bf2e3a7bae"]
    assert codes(activity["language"]) == ["ENG"]


def test_m11_quality_assurance() -> None:
    """M11: type, agency, DEQAR report and end, on the issuer; the teacher's words as a note."""
    quality = credential().quality_assurance.value
    ends = datetime(2030, 1, 1, tzinfo=UTC)
    stated = accreditation(
        deqar_id="81234", report_url="https://deqar.example.org/81234", agency_registration="0987", valid_until=ends
    )

    document = rendered(quality_assurance=replace(quality, accreditations=(stated,), statement=text("Peer reviewed")))

    [found] = document["issuer"]["accreditation"]
    assert codes([found["dcType"]]) == ["bb4618238e"]
    assert found["accreditingAgent"]["legalName"] == {"en": "Test Quality Agency"}
    assert found["accreditingAgent"]["registration"]["notation"] == "0987"
    assert [(each["schemeName"], each["notation"]) for each in found["identifier"]] == [("DEQAR", "81234")]
    assert found["report"]["contentURL"] == "https://deqar.example.org/81234"
    assert found["expiryDate"] == "2030-01-01T00:00:00Z"
    qualification = document["credentialSubject"]["hasClaim"][0]["specifiedBy"]
    assert {"en": "Peer reviewed"} in [each["noteLiteral"] for each in qualification["additionalNote"]]


def test_o1_prerequisites() -> None:
    """O1."""
    assert claim()["specifiedBy"]["entryRequirement"]["noteLiteral"] == {"en": "Secondary school mathematics."}
    assert "entryRequirement" not in claim(prerequisites=None)["specifiedBy"]


@pytest.mark.parametrize(
    ("presence", "identified", "verification", "mode"),
    [
        (Presence.NONE, False, "c598449d64", "e92d221e4d"),
        (Presence.NONE, True, "df2880c5cb", "e92d221e4d"),
        (Presence.ONLINE, False, "44314532f9", ONLINE),
        (Presence.ON_SITE, False, "44314532f9", ON_SITE),
        (Presence.ONLINE, True, "70be69aaf9", ONLINE),
        (Presence.ON_SITE, True, "70be69aaf9", ON_SITE),
    ],
)
def test_o2_supervision_and_place(presence: Presence, identified: bool, verification: str, mode: str) -> None:
    """O2.1-O2.4: the verification concept, and the place alone in the mode, or O2.3 and O2.4 read alike."""
    found = assessed(Supervision(presence, identified), mode="e92d221e4d")

    assert codes([found["idVerification"]]) == [verification]
    assert codes(found["specifiedBy"]["mode"]) == [mode]


def test_o2_a_mode_that_says_how_stays_beside_the_place() -> None:
    """Project based and on site do not contradict each other."""
    found = assessed(Supervision(Presence.ON_SITE, True), mode=PROJECT_BASED)

    assert codes(found["specifiedBy"]["mode"]) == [ON_SITE, PROJECT_BASED]


def test_o3_the_grade_of_the_course() -> None:
    """O3 of the whole: a note of the achievement, in words of every language."""
    grade = Grade(Decimal(8), Decimal(10), "8 / 10")

    achievement = claim(grade=grade, title=text("Data", nl="Gegevens"), languages=("en", "nl"))

    notes = [each["noteLiteral"] for each in achievement["additionalNote"]]
    assert notes == [{"en": "Course grade: 8 / 10", "nl": "Cijfer voor de cursus: 8 / 10"}]
    assert "additionalNote" not in claim(grade=None)


@pytest.mark.parametrize(
    ("stacking", "partial", "words"),
    [
        (Stacking(Stackability.STAND_ALONE), False, "Stand-alone"),
        (Stacking(Stackability.STACKABLE), True, "Can be combined into a larger credential"),
        (Stacking(Stackability.STACKABLE, text("BSc")), True, "Stackable towards: BSc"),
    ],
)
def test_o4_stackability(stacking: Stacking, partial: bool, words: str) -> None:
    """O4: as a fact and in words."""
    qualification = claim(stackability=stacking, further_information=None)["specifiedBy"]

    assert qualification["isPartialQualification"] is partial
    assert [each["noteLiteral"]["en"] for each in qualification["additionalNote"]] == [words]


def test_o4_unstated_is_unsaid() -> None:
    """Nobody said whether it stacks."""
    qualification = claim(stackability=None, further_information=None)["specifiedBy"]

    assert not {"isPartialQualification", "additionalNote"} & set(qualification)


def test_o5_further_information() -> None:
    """O5: text as a note, homepage as a link, description on the achievement."""
    further = FurtherInformation(text("Bring a laptop"), "https://academy.example.org/ada")

    achievement = claim(further_information=further, stackability=None, description=text("About"))

    qualification = achievement["specifiedBy"]
    assert [each["noteLiteral"]["en"] for each in qualification["additionalNote"]] == ["Bring a laptop"]
    assert [each["contentURL"] for each in qualification["homepage"]] == ["https://academy.example.org/ada"]
    assert achievement["description"] == {"en": "About"}
    assert "description" not in claim(description=None)


def test_when_the_learner_took_part() -> None:
    """The activity runs from the course's start to the learner's completion, else to the course's end."""
    start, end, done = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 20, 10))

    def period(**dates: datetime | None) -> Any:
        return claim(**{"course_starts_at": None, "course_ends_at": None, "completed_at": None, **dates})[
            "influencedBy"
        ][0].get("temporal")

    [whole] = period(course_starts_at=start, course_ends_at=end, completed_at=done)
    [planned] = period(course_starts_at=start, course_ends_at=end)
    assert (whole["startDate"], whole["endDate"]) == ("2026-01-01T00:00:00Z", "2026-01-10T00:00:00Z")
    assert planned["endDate"] == "2026-01-20T00:00:00Z"
    assert period() is None


def test_what_the_profile_left_open_has_no_key() -> None:
    """No default claims: kind of activity, setting, subjects and languages are there when stated."""
    achievement = claim(activity_type=None, learning_setting=None, subjects=(), course_languages=())

    assert not {"learningSetting", "thematicArea", "language"} & set(achievement["specifiedBy"])
    assert not {"dcType", "language"} & set(achievement["influencedBy"][0]["specifiedBy"])


def test_status_only_with_an_index() -> None:
    """The form that shapes 3.2 take; shapes 3.1 take none, so a credential without status says nothing."""
    listed = replace(ENVELOPE, status_list_url="https://bridge.example.org/status/1", status_index=94567)

    assert rendered(listed)["credentialStatus"] == {
        "id": "https://bridge.example.org/status/1#94567",
        "type": "CredentialStatus",
    }
    assert "credentialStatus" not in rendered()


def test_the_display_has_a_certificate_in_every_language() -> None:
    """Primary language first; one PNG per language with its words for those who cannot see it."""
    display = rendered(title=text("Data", el="Δεδομένα"), languages=("en", "el"))["displayParameter"]

    assert codes([display["primaryLanguage"]]) == ["ENG"]
    assert codes(display["language"]) == ["ENG", "ELL"]
    assert display["description"] == {"en": "Micro-credential", "el": "Μικροδιαπιστευτήριο"}
    images = [each["displayDetail"][0]["image"] for each in display["individualDisplay"]]
    assert all(base64.b64decode(each["content"]).startswith(b"\x89PNG") for each in images)
    assert images[0]["content"] != images[1]["content"]
    assert images[1]["title"] == {"el": "Δεδομένα: Anna Kowalska"}


def test_regional_languages_are_told_by_their_language() -> None:
    """The EU table knows languages, not their regions; three-letter tags are its codes in small letters."""
    title = Text.of({"en-GB": "Data", "hsb": "Daty"})

    display = rendered(title=title, languages=("en-GB", "hsb"))["displayParameter"]

    assert codes(display["language"]) == ["ENG", "HSB"]


def test_a_language_that_the_table_lacks_is_refused() -> None:
    """Better no document than one with a concept that does not exist."""
    with pytest.raises(UnknownTerm):
        rendered(languages=("xx",))
