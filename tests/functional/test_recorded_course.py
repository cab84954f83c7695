"""The recorded course, read over HTTP, decided with the example profiles and described: the pure line on real input."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lti.platforms.moodle import Moodle
from mappings.assessment import AssessmentRecord, CourseId, PlatformId
from mappings.awarding import Award, Withheld, decide
from mappings.describe import describe
from mappings.elements import MicroCredential, SupervisionCategory
from mappings.profile import CourseProfile, Issuer
from plugin.profiles import read_course_profile, read_institution_profile
from tests.conftest import ROOT
from tests.factories import ada101
from tests.lti.conftest import LOCAL
from tests.simulators.moodle import MoodleSimulator

PROFILES = ROOT / "tests" / "profiles"


@pytest.fixture(scope="module")
def records() -> Iterator[dict[str, AssessmentRecord]]:
    """Read the six learners from Moodle's web services, by given name."""
    with MoodleSimulator() as running:
        moodle = Moodle.connect(PlatformId("moodle"), running.url, running.token, LOCAL)
        yield {record.learner.given_name.lower(): record for record in moodle.read(CourseId("3"))}


def profile(name: str) -> CourseProfile:
    """Read an example profile."""
    read = read_course_profile((PROFILES / f"{name}.yaml").read_text())
    assert isinstance(read, CourseProfile)
    return read


def institution() -> Issuer:
    """Read the example institution."""
    read = read_institution_profile((PROFILES / "institution.yaml").read_text())
    assert isinstance(read, Issuer)
    return read


@pytest.mark.parametrize(
    ("name", "proven"),
    [
        ("ada101-competencies", {"anna": 3, "bruno": 2}),
        ("ada101-assessments", {"anna": 3, "bruno": 3, "eva": 3}),
    ],
)
def test_exactly_those_are_awarded_who_proved_what_the_profile_demands(
    records: dict[str, AssessmentRecord], name: str, proven: dict[str, int]
) -> None:
    """Proven by competency ratings two learners, proven by passed assessments three; outcomes by learner."""
    decisions = {learner: decide(record, profile(name)) for learner, record in records.items()}

    assert {learner: len(each.outcomes) for learner, each in decisions.items() if isinstance(each, Award)} == proven


@pytest.mark.parametrize("name", ["ada101-competencies", "ada101-assessments"])
def test_every_award_of_the_recorded_course_is_complete_and_claims_no_supervision(
    records: dict[str, AssessmentRecord], name: str
) -> None:
    """Safe Exam Browser on the exam, and still unsupervised: a setting is no pair of eyes."""
    for record in records.values():
        award = decide(record, profile(name))
        if isinstance(award, Award):
            credential = describe(award, profile(name), institution(), record.read_at)

            assert isinstance(credential, MicroCredential)
            assert credential.supervision.value.category is SupervisionCategory.UNSUPERVISED
            assert any("Safe Exam Browser" in reason for reason in credential.supervision.value.reasons)
            assert credential.languages == ("en", "nl")


@pytest.mark.parametrize("learner", ["anna", "bruno", "chiara", "dieter", "eva", "farid"])
def test_the_factories_decide_as_the_recording_does(records: dict[str, AssessmentRecord], learner: str) -> None:
    """What other tests build by hand has the same decision and the same reasons as what Moodle sends."""
    stated = profile("ada101-competencies")

    read, built = decide(records[learner], stated), decide(ada101()[learner], stated)

    assert type(read) is type(built)
    if isinstance(read, Withheld) and isinstance(built, Withheld):
        assert [each.code for each in read.reasons] == [each.code for each in built.reasons]
    if isinstance(read, Award) and isinstance(built, Award):
        assert (read.outcomes, read.left_out) == (built.outcomes, built.left_out)
