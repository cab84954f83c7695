"""Decisions on records, first of all on the six learners of the recorded course."""

from __future__ import annotations

import pytest

from mappings.awarding import Award, ReasonCode, Withheld, decide
from tests.factories import ada101, outcomes_by_assessment, profile


def test_competency_profile_awards_anna_three_outcomes_and_bruno_two() -> None:
    """Only proficient ratings whose assessments were passed prove an outcome."""
    decisions = {name: decide(record, profile()) for name, record in ada101().items()}

    awarded = {name: len(each.outcomes) for name, each in decisions.items() if isinstance(each, Award)}
    assert awarded == {"anna": 3, "bruno": 2}


def test_assessment_profile_awards_anna_bruno_and_eva() -> None:
    """Passed assessments prove outcomes whatever the competency ratings say."""
    by_assessment = profile(outcomes=outcomes_by_assessment())

    decisions = {name: decide(record, by_assessment) for name, record in ada101().items()}

    assert {name for name, each in decisions.items() if isinstance(each, Award)} == {"anna", "bruno", "eva"}


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("chiara", ReasonCode.NOT_PASSED, "“Final exam” was not passed: 25 of 100 points, 50 needed."),
        ("dieter", ReasonCode.NOT_GRADED, "“Data project” is not graded yet."),
        ("eva", ReasonCode.NO_OUTCOME_PROVEN, "No learning outcome is proven."),
        ("farid", ReasonCode.NEVER_STARTED, "The course was never started."),
    ],
)
def test_withheld_says_the_true_reason(name: str, code: ReasonCode, sentence: str) -> None:
    """Each of the others gets the reason that the recording shows, as a code and as a sentence."""
    decision = decide(ada101()[name], profile())

    assert isinstance(decision, Withheld)
    assert (code, sentence) in {(reason.code, reason.sentence) for reason in decision.reasons}
