"""Profiles from YAML, JSON and forms: valid values, or every problem at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from mappings.assessment import EvidenceSource, LearnerId, Presence
from mappings.awarding import Award, decide
from mappings.describe import gaps
from mappings.plausibility import doubts_about_course, doubts_about_institution
from mappings.profile import (
    AwardRule,
    CompletedBy,
    CourseProfile,
    Cycle,
    Issuer,
    Level,
    ProvenByAssessments,
    ProvenByCompetency,
    Stackability,
    Workload,
)
from mappings.scales import Band, ShownAs
from plugin.profiles import (
    Problem,
    Problems,
    course_profile_form,
    course_profile_from,
    institution_profile_form,
    institution_profile_from,
    read_course_profile,
    read_institution_profile,
)
from tests.conftest import ROOT
from tests.factories import ISSUED, ada101
from tests.strategies import issuers, profiles

PROFILES = ROOT / "tests" / "profiles"
ASSESSMENT = {"activity": "7", "title": {"en": "Exam"}}


def example(name: str) -> str:
    """Return the text of an example profile."""
    return Path(PROFILES / name).read_text()


def course_profile(**fields: Any) -> CourseProfile:
    """Read a profile that must be accepted."""
    read = course_profile_from({"id": "ada", "version": 1, **fields})
    assert isinstance(read, CourseProfile), read
    return read


def problems(**fields: Any) -> dict[str, str]:
    """Read a course profile that must be refused; sentences by path."""
    read = course_profile_from({"id": "ada", "version": 1, **fields})
    assert isinstance(read, Problems)
    return {problem.path: problem.sentence for problem in read.problems}


def institution_problems(**fields: Any) -> dict[str, str]:
    """Read an institution profile that must be refused; sentences by path."""
    read = institution_profile_from({"id": "academy", "version": 1, **fields})
    assert isinstance(read, Problems)
    return {problem.path: problem.sentence for problem in read.problems}


@pytest.mark.parametrize(
    ("name", "awarded"),
    [
        ("ada101-competencies.yaml", {"anna": 3, "bruno": 2}),
        ("ada101-assessments.yaml", {"anna": 3, "bruno": 3, "eva": 3}),
    ],
)
def test_the_example_profiles_award_as_the_recorded_course_demands(name: str, awarded: dict[str, int]) -> None:
    """Number of proven outcomes by learner; both profiles are complete and plausible."""
    profile, institution = read_course_profile(example(name)), read_institution_profile(example("institution.yaml"))

    assert isinstance(profile, CourseProfile)
    assert isinstance(institution, Issuer)
    decisions = {learner: decide(record, profile) for learner, record in ada101().items()}
    assert {learner: len(each.outcomes) for learner, each in decisions.items() if isinstance(each, Award)} == awarded
    assert gaps(profile, institution, ISSUED) == ()
    assert (doubts_about_course(profile), doubts_about_institution(institution)) == ((), ())


def test_the_same_profile_may_be_written_in_json() -> None:
    """YAML and JSON give one value."""
    text = example("ada101-competencies.yaml")

    assert read_course_profile(json.dumps(yaml.load(text, yaml.BaseLoader))) == read_course_profile(text)


def test_numbers_and_dates_mean_what_was_written() -> None:
    """JSON numbers stay exact decimals, a date is its beginning in UTC, a time is brought to UTC."""
    read = read_course_profile(
        '{"id": "ada", "version": 2, "workload": {"ects": 2.10, "hours": 60}, "level": {"eqf": 6, "cycle": "first"},'
        ' "starts_at": "2026-09-01", "ends_at": "2026-12-01T10:00:00+01:00", "languages": ["no"]}'
    )

    assert isinstance(read, CourseProfile)
    assert (read.version, read.workload) == (2, Workload(Decimal("2.10"), Decimal(60)))
    assert str(read.workload and read.workload.ects) == "2.10"
    assert read.level == Level(6, Cycle.FIRST)
    assert (read.starts_at, read.ends_at) == (datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC))
    assert read.languages == ("no",)


def test_a_draft_is_accepted_and_empty_fields_are_not_given() -> None:
    """Whatever is missing is told by the gate."""
    read = read_course_profile("id: ada\nversion: 1\ntitle:\nworkload: ~\nhomepage: null\n")

    assert read == CourseProfile("ada", 1)


def test_a_rule_says_when_it_is_earned() -> None:
    """The quiet period is written in hours; what is not written keeps its default."""
    read = course_profile(
        assessments=[ASSESSMENT],
        rule={
            "completed_by": "assessments",
            "required": ["7"],
            "settled_after_hours": "48",
            "every_outcome": "true",
            "approval": "no",
        },
    )

    assert read.rule == AwardRule(CompletedBy.ASSESSMENTS, ("7",), timedelta(hours=48), True, False)  # type: ignore[arg-type]
    assert course_profile(rule={}).rule == AwardRule()


def test_outcomes_are_proven_by_ratings_or_by_assessments() -> None:
    """A competency with the assessments where it was rated, or assessments alone."""
    read = course_profile(
        assessments=[ASSESSMENT],
        outcomes=[
            {"id": "a", "title": {"en": "A"}, "proven_by": {"competency": "C-1", "assessments": ["7"]}},
            {"id": "b", "title": {"en": "B"}, "proven_by": {"competency": "C-2"}},
            {"id": "c", "title": {"en": "C"}, "proven_by": {"assessments": ["7"]}},
        ],
    )

    assert [each.proof for each in read.outcomes] == [
        ProvenByCompetency("C-1", ("7",)),  # type: ignore[arg-type]
        ProvenByCompetency("C-2"),  # type: ignore[arg-type]
        ProvenByAssessments(("7",)),  # type: ignore[arg-type]
    ]


def test_a_scale_may_have_bands() -> None:
    """Falling to 0."""
    bands = [{"from_percent": 50, "label": "pass"}, {"from_percent": 0, "label": "fail"}]

    read = course_profile(scale={"shown_as": "bands", "bands": bands}, stackability="stackable")

    assert read.scale.shown_as is ShownAs.BANDS
    assert read.scale.bands == (Band(Decimal(50), "pass"), Band(Decimal(0), "fail"))
    assert read.stackability is Stackability.STACKABLE


def test_a_declaration_is_a_named_teacher_s() -> None:
    """What is not said about identity is not known; the source cannot be chosen."""
    declaration = {
        "activity": "7",
        "supervision": "on_site",
        "stated_by": "Tessa Teacher",
        "stated_at": "2026-11-01T08:00:00Z",
        "learner": "4",
    }

    read = course_profile(assessments=[ASSESSMENT], supervision=[declaration])

    assert len(read.supervision) == 1
    stated = read.supervision[0]
    assert (stated.source, stated.supervision) == (EvidenceSource.TEACHER_DECLARATION, Presence.ON_SITE)
    assert (stated.identity_verified, stated.learner) == (None, LearnerId("4"))
    assert problems(assessments=[ASSESSMENT], supervision=[declaration | {"source": "session_record"}]) == {
        "supervision[0].source": "There is no such field."
    }


def test_every_problem_is_named_at_once_with_its_path() -> None:
    """Problems of fields and of references are told together, and nothing is accepted."""
    read = read_course_profile(
        """
        id: x
        version: one
        titel: {en: Misspelt}
        title: Data analysis
        outcomes:
          - {id: a b, proven_by: {assessments: ["9"]}}
          - three
          - {id: c, title: {en: C}, proven_by: {}}
          - {id: c, title: {en: C}, proven_by: luck}
        assessments:
          - {activity: "7", title: {en: Exam}, pass_mark: NaN}
          - {activity: "7", title: {en: Exam}, mode: quiz}
        workload: {ects: 0}
        level: {eqf: 9}
        participation: formal learning
        homepage: academy
        languages: [English]
        starts_at: tomorrow
        ends_at: 2026-09-01T10:00
        rule: {required: ["8"], settled_after_hours: -1}
        supervision: [{activity: "6"}]
        """
    )

    assert isinstance(read, Problems)
    assert {problem.path: problem.sentence for problem in read.problems} == {
        "version": "Not a valid integer.",
        "titel": "There is no such field.",
        "title": "Write it by language, as {en: …}.",
        "outcomes[0].id": "Use 1 to 64 letters, digits, full stops, underscores, colons and hyphens.",
        "outcomes[0].title": "This is required.",
        "outcomes[0].proven_by.assessments[0]": "This activity is not declared under assessments.",
        "outcomes[1]": "Write fields with names here.",
        "outcomes[2].proven_by": "An outcome needs at least one assessment that proves it.",
        "outcomes[3].proven_by": "Write fields with names here.",
        "outcomes[3].id": "This is declared twice.",
        "assessments[0].pass_mark": "Special numeric values (nan or infinity) are not permitted.",
        "assessments[1].mode": "'quiz' is not a concept of the list modes-learning-assessment.",
        "assessments[1].activity": "This is declared twice.",
        "workload.ects": "Must be above 0.",
        "level.eqf": "An EQF level is 1 to 8.",
        "participation": "'formal learning' is not a concept of the list modes-learning-assessment.",
        "homepage": "Not a valid URL.",
        "languages[0]": "Write a language by its tag, as en or nl; 'English' is none.",
        "starts_at": "Write a date as 2026-09-01 or a time with its zone as 2026-09-01T08:00:00+02:00.",
        "ends_at": "Say in which time zone this is, as in 2026-09-01T08:00:00+02:00.",
        "rule.required[0]": "This activity is not declared under assessments.",
        "rule.settled_after_hours": "Write whole hours, from 0.",
        "supervision[0].activity": "This activity is not declared under assessments.",
        "supervision[0].supervision": "This is required.",
        "supervision[0].stated_by": "This is required.",
        "supervision[0].stated_at": "This is required.",
    }


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "[1]", "null"])
def test_what_is_no_profile_at_all_is_one_problem(text: str) -> None:
    """An empty path is the whole file."""
    assert read_course_profile(text) == Problems((Problem("", "Write fields with names here."),))


def test_what_nobody_can_read_is_one_problem() -> None:
    """Neither YAML nor JSON."""
    read = read_institution_profile("a: [")

    assert isinstance(read, Problems)
    assert [each.path for each in read.problems] == [""]
    assert read.problems[0].sentence.startswith("This is no YAML")


@pytest.mark.parametrize("shape", [7, "7", [7], {"a": 1}, [None]])
def test_lists_and_parts_may_have_any_wrong_shape(shape: Any) -> None:
    """Whatever a form sends is refused with paths, never with an exception."""
    assert problems(
        outcomes=shape, assessments=shape, rule={"required": shape}, supervision=shape, title=shape, level=shape
    )


def test_what_only_the_whole_shows_is_a_problem_of_the_whole() -> None:
    """Completion by assessments without any required one; a scale without its bands."""
    assert problems(rule={"completed_by": "assessments"}) == {
        "rule": "Completion by assessments needs required assessments."
    }
    assert problems(scale={"shown_as": "bands"}) == {"scale": "Bands are given exactly when a scale is shown as bands."}


def test_the_problems_of_an_institution_are_named_too() -> None:
    """Identifier, addresses, logo, accreditation."""
    assert institution_problems(
        eidas_identifier="0123",
        country="Atlantis",
        email="nobody",
        homepage="ftp://academy.example.org",
        logo="aGVsbG8=",
        accreditations=[{"type": "Quality"}],
    ) == {
        "eidas_identifier": "Write it as in the seal certificate, for example VATBE-0123456789.",
        "country": "'Atlantis' is not a concept of the list country.",
        "email": "Not a valid email address.",
        "homepage": "Not a valid URL.",
        "logo": "The logo must be a PNG image.",
        "accreditations[0].title": "This is required.",
        "accreditations[0].type": "'Quality' is not a concept of the list accreditation-types.",
        "accreditations[0].agency": "This is required.",
        "accreditations[0].agency_country": "This is required.",
    }


@given(profiles())
def test_a_profile_can_be_written_into_a_form_and_read_again(profile: CourseProfile) -> None:
    """What a form or an export shows is the whole profile; what a person cannot declare is not in it."""
    declared = replace(profile, supervision=tuple(replace(each, open_flag=False) for each in profile.supervision))

    written = json.loads(json.dumps(course_profile_form(declared)))

    assert course_profile_from(written) == declared
    assert read_course_profile(json.dumps(written)) == declared


@given(issuers)
def test_an_institution_can_be_written_into_a_form_and_read_again(institution: Issuer) -> None:
    """With its logo."""
    with_logo = replace(institution, logo_png=b"\x89PNG\r\n\x1a\n")

    assert institution_profile_from(institution_profile_form(with_logo)) == with_logo


def test_a_form_of_a_draft_shows_only_what_is_stated() -> None:
    """Empty fields are left out, decisions that say no are kept."""
    assert course_profile_form(CourseProfile("ada", 1)) == {
        "id": "ada",
        "version": 1,
        "rule": {
            "completed_by": "platform",
            "settled_after_hours": "0",
            "every_outcome": False,
            "approval": False,
        },
        "scale": {"shown_as": "points"},
    }
