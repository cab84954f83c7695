"""Profiles may be drafts, but what is there is valid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from mappings.assessment import ActivityId
from mappings.errors import InvalidValue, MappingError, UnknownTerm
from mappings.profile import AwardRule, CompletedBy, CourseProfile, Issuer, Level, ProvenByAssessments, Workload
from mappings.vocabularies.terms import term
from tests.factories import (
    EXAM_SPECIFICATION,
    QUIZ,
    QUIZ_SPECIFICATION,
    accreditation,
    issuer,
    outcomes_by_assessment,
    profile,
    specification,
)

EQF = term("eqf", "6")
OUTCOMES = outcomes_by_assessment()


def test_a_draft_needs_nothing_but_its_id() -> None:
    """What is missing is told by the gate, not refused here."""
    assert CourseProfile("x", 1).outcomes == ()
    assert Issuer("x", 1).country is None


def test_what_nobody_asked_for_is_not_in_a_rule() -> None:
    """No quiet period, no approval, one proven outcome is enough, the platform's completion decides."""
    assert AwardRule() == AwardRule(CompletedBy.PLATFORM, (), timedelta(0), every_outcome=False, approval=False)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Workload(ects=Decimal("0.5")),
        lambda: Workload(hours=Decimal(1)),
        lambda: Level(1),
        lambda: Level(8),
        lambda: AwardRule(settled_after=timedelta(0)),
        lambda: specification(QUIZ, "Quiz", "b1b68f6735", pass_mark=Decimal(0)),
        lambda: profile(valid_for_months=1),
    ],
)
def test_a_value_at_its_bound_is_accepted(make: Callable[[], object]) -> None:
    """The smallest and largest that can be."""
    assert make()


@pytest.mark.parametrize(
    "make",
    [
        Workload,
        lambda: Workload(ects=Decimal(0)),
        lambda: Workload(hours=Decimal("Infinity")),
        lambda: Level(0),
        lambda: Level(9),
        lambda: ProvenByAssessments(()),
        lambda: AwardRule(settled_after=timedelta(seconds=-1)),
        lambda: AwardRule(CompletedBy.ASSESSMENTS),
        lambda: specification(QUIZ, "Quiz", "b1b68f6735", pass_mark=Decimal(-1)),
        lambda: profile(valid_for_months=0),
        lambda: profile(stated_at=datetime(2026, 1, 1)),
        lambda: profile(assessments=(QUIZ_SPECIFICATION, QUIZ_SPECIFICATION)),
        lambda: profile(outcomes=(OUTCOMES[0], OUTCOMES[0])),
        lambda: profile(assessments=(EXAM_SPECIFICATION,), rule=AwardRule()),
        lambda: profile(rule=AwardRule(required=(ActivityId("99"),))),
        lambda: issuer(stated_at=datetime(2026, 1, 1)),
        lambda: accreditation(valid_until=datetime(2026, 1, 1)),
    ],
)
def test_a_value_that_cannot_be_is_refused(make: Callable[[], object]) -> None:
    """Numbers out of range, times without zone, declarations twice, references to nothing."""
    with pytest.raises(InvalidValue):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: specification(QUIZ, "Quiz", "b1b68f6735", type=EQF),
        lambda: specification(QUIZ, "Quiz", "b1b68f6735", mode=EQF),
        lambda: profile(participation=EQF),
        lambda: profile(activity_type=EQF),
        lambda: profile(learning_setting=EQF),
        lambda: profile(subjects=(EQF,)),
        lambda: issuer(country=EQF),
        lambda: issuer(region=EQF),
        lambda: accreditation(type=EQF),
        lambda: accreditation(agency_country=EQF),
    ],
)
def test_a_term_of_another_list_is_refused(make: Callable[[], object]) -> None:
    """Each field draws from its own EU list."""
    with pytest.raises(UnknownTerm):
        make()


def test_every_refusal_has_a_code() -> None:
    """One family of errors, told apart by code."""
    with pytest.raises(MappingError) as refused:
        Level(9)

    assert refused.value.code == "invalid_value"


def test_an_assessment_is_found_by_its_activity() -> None:
    """One that is not declared is a fault of the caller."""
    assert profile().assessment(QUIZ) == QUIZ_SPECIFICATION
    with pytest.raises(KeyError):
        profile().assessment(ActivityId("99"))
