"""Profiles from YAML and JSON: valid values, or every problem at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings.awarding import Award, decide
from mappings.profile import CourseProfile, Issuer
from plugin.profiles import Problems, read_course_profile, read_institution_profile
from tests.conftest import ROOT
from tests.factories import ada101

PROFILES = ROOT / "tests" / "profiles"


def example(name: str) -> str:
    """Return the text of an example profile."""
    return Path(PROFILES / name).read_text()


@pytest.mark.parametrize(
    ("name", "awarded"),
    [
        ("ada101-competencies.yaml", {"anna": 3, "bruno": 2}),
        ("ada101-assessments.yaml", {"anna": 3, "bruno": 3, "eva": 3}),
    ],
)
def test_the_example_profiles_award_as_the_recorded_course_demands(name: str, awarded: dict[str, int]) -> None:
    """Number of proven outcomes by learner."""
    profile = read_course_profile(example(name))

    assert isinstance(profile, CourseProfile)
    decisions = {learner: decide(record, profile) for learner, record in ada101().items()}
    assert {learner: len(each.outcomes) for learner, each in decisions.items() if isinstance(each, Award)} == awarded


def test_the_example_institution_is_read() -> None:
    """A term may be written by code."""
    institution = read_institution_profile(example("institution.yaml"))

    assert isinstance(institution, Issuer)
    assert institution.country
    assert institution.country.label == "Belgium"


def test_every_problem_is_named_at_once_with_its_path() -> None:
    """Problems of fields and of references are told together, and nothing is accepted."""
    problems = read_course_profile(
        """
        id: x
        version: one
        titel: {en: Misspelt}
        outcomes:
          - {id: a b, proven_by: {assessments: ["9"]}}
          - three
        level: {eqf: 9}
        participation: formal learning
        """
    )

    assert isinstance(problems, Problems)
    assert {problem.path for problem in problems.problems} == {
        "version",
        "titel",
        "outcomes[0].id",
        "outcomes[0].title",
        "outcomes[0].proven_by.assessments[0]",
        "outcomes[1]",
        "level.eqf",
        "participation",
    }
