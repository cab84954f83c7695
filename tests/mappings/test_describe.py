"""The completeness gate, and every element with its provenance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from mappings.assessment import AssessmentRecord, GradeState, LearnerId, Presence, Score
from mappings.awarding import Award, decide
from mappings.describe import Incomplete, Missing, describe, gaps
from mappings.elements import Element, MicroCredential, Stacking, Supplier
from mappings.errors import InvalidValue
from mappings.profile import AwardRule, CourseProfile, Issuer, ProvenByCompetency, Stackability
from mappings.scales import Scale, ShownAs
from mappings.statements import Statements
from mappings.text import Text
from tests.factories import (
    ACTIVITIES,
    EXAM,
    EXAM_SPECIFICATION,
    GRADED,
    ISSUED,
    LO_1,
    LO_3,
    OUTCOMES,
    PROJECT,
    PROJECT_SPECIFICATION,
    QUIZ,
    QUIZ_SPECIFICATION,
    READ,
    accreditation,
    ada101,
    course,
    evidence,
    issuer,
    learner,
    outcomes_by_assessment,
    posted,
    profile,
    record,
    text,
)
from tests.strategies import micro_credentials


def described(
    shown: AssessmentRecord | None = None,
    stated: CourseProfile | None = None,
    institution: Issuer | None = None,
    issued_at: datetime | None = ISSUED,
) -> MicroCredential | Incomplete:
    """Describe what a record earned under the complete profile, stated as the arguments say."""
    award = decide(shown or record(), profile())
    assert isinstance(award, Award)
    return describe(award, stated or profile(), institution or issuer(), issued_at)


def complete(*parts: Any) -> MicroCredential:
    """Describe what must be complete."""
    credential = described(*parts)
    assert isinstance(credential, MicroCredential)
    return credential


WITHOUT: dict[Element, dict[str, Any]] = {
    Element.LEARNER: {"shown": record(learner=learner(full_name=" ", given_name="", family_name=" "))},
    Element.TITLE: {"stated": profile(title=None)},
    Element.COUNTRY: {"institution": issuer(country=None)},
    Element.AWARDING_BODY: {"institution": issuer(legal_name=None)},
    Element.DATE_OF_ISSUE: {"issued_at": None},
    Element.LEARNING_OUTCOMES: {"stated": profile(outcomes=())},
    Element.WORKLOAD: {"stated": profile(workload=None)},
    Element.LEVEL: {"stated": profile(level=None)},
    Element.ASSESSMENT_TYPE: {
        "stated": profile(
            assessments=(QUIZ_SPECIFICATION, replace(EXAM_SPECIFICATION, type=None), PROJECT_SPECIFICATION)
        )
    },
    Element.PARTICIPATION: {"stated": profile(participation=None)},
    Element.QUALITY_ASSURANCE: {"institution": issuer(accreditations=())},
}
SUPPLIERS = {
    Element.LEARNER: Supplier.PLATFORM,
    Element.COUNTRY: Supplier.INSTITUTION,
    Element.AWARDING_BODY: Supplier.INSTITUTION,
    Element.QUALITY_ASSURANCE: Supplier.INSTITUTION,
    Element.DATE_OF_ISSUE: Supplier.BRIDGE,
}


@pytest.mark.parametrize("element", list(Element)[:11])
def test_without_a_mandatory_element_exactly_that_is_missing(element: Element) -> None:
    """Annex I, M1..M11: no document, the element, who can supply it, and a sentence."""
    outcome = described(**WITHOUT[element])

    assert isinstance(outcome, Incomplete)
    assert [(each.element, each.supplier) for each in outcome.missing] == [
        (element, SUPPLIERS.get(element, Supplier.TEACHER))
    ]
    assert outcome.missing[0].sentence.endswith(".")


def test_everything_missing_is_told_at_once_in_the_order_of_the_annex() -> None:
    """A draft and an empty institution: all but the learner."""
    award = decide(record(), profile())
    assert isinstance(award, Award)

    outcome = describe(award, CourseProfile("x", 1), Issuer("x", 1), None)

    assert isinstance(outcome, Incomplete)
    mandatory = list(Element)[:11]
    assert [each.element for each in outcome.missing] == [
        each for each in mandatory if each not in (Element.LEARNER, Element.ASSESSMENT_TYPE)
    ]


@pytest.mark.parametrize(
    "institution",
    [
        issuer(eidas_identifier=""),
        issuer(accreditations=(accreditation(valid_until=ISSUED),)),
    ],
)
def test_an_unidentified_body_or_an_ended_accreditation_is_missing(institution: Issuer) -> None:
    """The seal must confirm who awards; quality assurance must be in force on the day of issue."""
    assert isinstance(described(institution=institution), Incomplete)


def test_an_outcome_rated_without_any_assessment_has_no_type_of_assessment() -> None:
    """A rating that was earned nowhere cannot say how the outcome was assessed (M9)."""
    bare = profile(outcomes=(replace(profile().outcomes[0], proof=ProvenByCompetency(LO_1)),))
    award = decide(record(), bare)
    assert isinstance(award, Award)

    outcome = describe(award, bare, issuer(), ISSUED)

    assert isinstance(outcome, Incomplete)
    assert [each.element for each in outcome.missing] == [Element.ASSESSMENT_TYPE]


def test_gaps_of_the_profiles_are_told_before_anybody_finishes() -> None:
    """All that teacher and institution can supply, nothing that only a learner brings."""
    assert gaps(profile(), issuer(), ISSUED) == ()
    assert [each.element for each in gaps(profile(title=None), issuer(country=None), ISSUED)] == [
        Element.TITLE,
        Element.COUNTRY,
    ]


def test_only_proven_outcomes_and_their_assessments_are_stated() -> None:
    """Bruno's third outcome is not; each outcome points at what proved it."""
    credential = complete(ada101()["bruno"])

    assert [(each.id, each.assessed_by) for each in credential.outcomes.value] == [
        ("LO-ADA-1", (QUIZ, PROJECT)),
        ("LO-ADA-2", (EXAM,)),
    ]
    assert [each.activity for each in credential.assessments.value] == [QUIZ, PROJECT, EXAM]
    assert [each.grade.shown_as for each in credential.assessments.value] == [
        "50/100",
        "62/100",
        "75/100",
    ]


def test_an_assessment_keeps_the_address_of_its_activity() -> None:
    """Where the platform tells it; a person can look there."""
    activities = (replace(ACTIVITIES[0], url="https://moodle.example.org/mod/quiz/view.php?id=6"), *ACTIVITIES[1:])

    credential = complete(record(activities=activities))

    assert [each.url for each in credential.assessments.value] == [activities[0].url, "", ""]


def test_an_outcome_that_was_restated_since_the_decision_is_not_stated() -> None:
    """Nobody decided on the new words."""
    restated = profile(outcomes=(replace(profile().outcomes[0], title=text("Something else")), *profile().outcomes[1:]))

    credential = complete(None, restated)

    assert [each.id for each in credential.outcomes.value] == ["LO-ADA-2", "LO-ADA-3"]


def test_the_name_is_put_together_where_the_platform_sends_parts() -> None:
    """A full name is preferred; the identity is platform and id, never an address."""
    holder = complete(record(learner=learner("Eva Nováková", full_name=""))).holder.value

    assert (holder.full_name, holder.given_name, holder.platform, holder.learner) == (
        "Eva Nováková",
        "Eva",
        "moodle-1",
        LearnerId("4"),
    )


def test_every_element_says_where_it_came_from() -> None:
    """Who, which field in which version, and when."""
    credential = complete()

    sources = {
        name: [(each.supplier.value, each.field, each.at) for each in getattr(credential, name).provenance]
        for name in ("holder", "title", "outcomes", "quality_assurance", "date_of_issue", "grade")
    }
    taught, told = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
    assert sources == {
        "holder": [("platform", "record.learner", READ)],
        "title": [("teacher", "profile@1.title", taught)],
        "outcomes": [("teacher", "profile@1.outcomes", taught), ("platform", "record.competencies.proficient", READ)],
        "quality_assurance": [("institution", "institution@1.accreditations", told)],
        "date_of_issue": [("bridge", "issued_at", ISSUED)],
        "grade": [("platform", "record.course_score", GRADED)],
    }
    assert credential.title.provenance[0].by == "Tessa Teacher"


def test_profiles_without_a_date_count_as_stated_when_they_were_used() -> None:
    """The statement is then as old as the credential."""
    credential = complete(None, profile(stated_at=None), issuer(stated_at=None))

    assert credential.title.provenance[0].at == ISSUED
    assert credential.places.provenance[0].at == ISSUED


def test_outcomes_proven_by_assessments_come_from_the_results() -> None:
    """The provenance names the kind of proof."""
    by_assessment = profile(outcomes=outcomes_by_assessment())
    award = decide(record(), by_assessment)
    assert isinstance(award, Award)

    credential = describe(award, by_assessment, issuer(), ISSUED)

    assert isinstance(credential, MicroCredential)
    assert credential.outcomes.provenance[1].field == "record.results"


def test_supervision_is_the_weakest_of_the_assessments_and_says_who_said_so() -> None:
    """O2: one of three assessments was supervised, so the whole was not."""
    declared, setting = evidence(), evidence(source="platform_setting", stated_by="browsersecurity")
    on_site = replace(EXAM_SPECIFICATION, mode=None)
    stated = profile(supervision=(declared,))
    shown = record(supervision=(setting,))
    with_mode = replace(on_site, mode=EXAM_SPECIFICATION.mode)
    assert with_mode == EXAM_SPECIFICATION

    credential = complete(shown, stated)

    exam = next(each for each in credential.assessments.value if each.activity == EXAM)
    assert exam.supervision.presence is Presence.ONLINE
    assert credential.supervision.value.presence is Presence.NONE
    assert [each.supplier for each in credential.supervision.provenance] == [Supplier.PLATFORM, Supplier.TEACHER]
    assert complete().supervision.provenance[0].field == "record.supervision"


@pytest.mark.parametrize(
    "score", [None, Score(Decimal(1), Decimal(2), GradeState.HIDDEN), Score(None, None, GradeState.UNGRADED)]
)
def test_a_course_grade_that_is_not_settled_is_not_stated(score: Score | None) -> None:
    """O3 is optional; a grade that may change is worse than none."""
    assert complete(record(course_score=score)).grade is None


def test_a_course_grade_keeps_the_quiet_period_too() -> None:
    """It is a grade like the others."""
    hours = (READ - GRADED) / timedelta(hours=1)
    stood = profile(rule=AwardRule(settled_after=timedelta(hours=hours)))
    fresh = record(course_score=posted(295, 300, GRADED + timedelta(minutes=1)))

    assert complete(None, stood).grade is not None
    assert complete(fresh, stood).grade is None


def test_grades_are_shown_on_the_scale_of_the_profile() -> None:
    """Both those of the assessments and that of the course."""
    credential = complete(None, profile(scale=Scale(ShownAs.PERCENT)))

    assert credential.grade
    assert credential.grade.value.shown_as == "98.33 %"
    assert credential.assessments.value[0].grade.shown_as == "100 %"


def test_optional_elements_are_stated_where_they_are_given() -> None:
    """O1, O4, O5 and the statement on the course within M11."""
    credential = complete(
        None, profile(quality_assurance=text("Reviewed every year."), stacks_towards=text("Master"), homepage="")
    )

    assert credential.quality_assurance.value.statement == text("Reviewed every year.")
    assert [each.supplier for each in credential.quality_assurance.provenance] == [
        Supplier.INSTITUTION,
        Supplier.TEACHER,
    ]
    assert credential.stackability
    assert credential.stackability.value == Stacking(Stackability.STACKABLE, text("Master"))
    assert credential.prerequisites
    assert credential.further_information
    bare = complete(None, profile(prerequisites=None, stackability=None, further_information=None))
    assert (bare.prerequisites, bare.stackability, bare.further_information) == (None, None, None)


def test_the_languages_are_those_that_every_text_has() -> None:
    """Preferred first; where nothing is shared, the title's preferred one. Names of institutions do not count."""
    assert complete(None, profile(title=text("Data", nl="Data", fr="Données"))).languages == ("en",)
    assert complete(None, profile(title=Text.of({"nl": "Data", "fr": "Données"}))).languages == ("nl",)

    outcomes = tuple(replace(each, title=text(OUTCOMES[LO_3], nl="Bevindingen")) for each in profile().outcomes)
    assessments = tuple(replace(each, title=text("Exam", nl="Examen")) for each in profile().assessments)
    in_two = profile(
        title=text("Data", nl="Data", fr="Données"),
        outcomes=outcomes,
        assessments=assessments,
        prerequisites=None,
        further_information=None,
    )
    award = decide(record(), in_two)
    assert isinstance(award, Award)
    credential = describe(award, in_two, issuer(), ISSUED)
    assert isinstance(credential, MicroCredential)
    assert credential.languages == ("en", "nl")


def test_the_period_is_the_profile_s_else_the_platform_s_and_never_runs_backwards() -> None:
    """An end before the start says that one of the two is wrong: neither is stated."""
    start, end = datetime(2026, 9, 24, 11, 38, 24, tzinfo=UTC), datetime(2026, 12, 23, 12, 38, 24, tzinfo=UTC)
    shown = complete()
    assert (shown.course_starts_at, shown.course_ends_at) == (start, end)

    assert complete(None, profile(starts_at=GRADED)).course_starts_at == GRADED

    backwards = complete(record(course=course(ends_at=start - timedelta(days=1))))
    assert (backwards.course_starts_at, backwards.course_ends_at) == (None, None)


def test_nothing_is_stated_behind_the_gate_s_back() -> None:
    """Stating an absent element is a fault of the caller, never a default."""
    with pytest.raises(InvalidValue):
        Statements(record(), profile(title=None), issuer(), (), ISSUED).credential(complete().holder.value)


def test_incomplete_names_something() -> None:
    """An empty list of what is missing would be complete."""
    with pytest.raises(InvalidValue):
        Incomplete(())
    assert Incomplete((Missing(Element.TITLE, Supplier.TEACHER, "."),)).missing


@given(micro_credentials())
def test_every_statement_of_every_micro_credential_has_a_source(credential: MicroCredential) -> None:
    """Every element that is stated says who said it, and every assessment proves an outcome."""
    stated = [getattr(credential, name) for name in ("holder", "title", "places", "awarding_bodies", "date_of_issue")]

    assert all(each.provenance for each in stated)
    proving = {activity for outcome in credential.outcomes.value for activity in outcome.assessed_by}
    assert proving == {each.activity for each in credential.assessments.value}
    assert set(credential.languages) <= set(credential.title.value.languages)
