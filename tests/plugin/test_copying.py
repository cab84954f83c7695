"""What a copied course takes along: outcomes and rule in the copy's own ids."""

from __future__ import annotations

from dataclasses import replace

from mappings.assessment import ActivityId
from mappings.profile import CompletedBy, CourseProfile, ProvenByAssessments
from plugin.copying import COPIED, carried_over, origins
from plugin.suggestion import SUGGESTED
from tests import factories

OLD = factories.profile()


def the_copy(profile: CourseProfile = OLD) -> CourseProfile:
    """What the platform suggests for the copy: the same activities under other ids, nobody rated in anything."""
    moved = tuple(replace(each, activity=ActivityId(f"1{each.activity}")) for each in profile.assessments)
    rule = replace(profile.rule, required=tuple(each.activity for each in moved))
    return replace(profile, id="copy", outcomes=(), assessments=moved, rule=rule)


def test_outcomes_that_the_platform_does_not_name_come_along_with_the_new_ids() -> None:
    """They were stated by a person, or are ratings of competencies that the whole platform shares."""
    proof = ProvenByAssessments(tuple(each.activity for each in OLD.assessments))
    old = replace(OLD, outcomes=(replace(OLD.outcomes[0], proof=proof), *OLD.outcomes[1:]))

    carried = carried_over(old, the_copy())

    assert [each.title for each in carried.outcomes] == [each.title for each in old.outcomes]
    assert all(each.startswith("1") for outcome in carried.outcomes for each in outcome.proof.assessments)


def test_an_outcome_of_which_nothing_that_proves_it_is_left_stays_behind() -> None:
    """Otherwise nothing would ever prove it."""
    gone, *left = OLD.assessments
    old = replace(OLD, outcomes=(replace(OLD.outcomes[0], proof=ProvenByAssessments((gone.activity,))),))
    fresh = the_copy()
    there = tuple(each for each in fresh.assessments if each.activity != f"1{gone.activity}")
    rule = replace(fresh.rule, required=tuple(each.activity for each in there))

    assert len(left) == len(there)
    assert carried_over(old, replace(fresh, assessments=there, rule=rule)).outcomes == ()


def test_what_was_optional_stays_optional() -> None:
    """And what is new in the copy is required until somebody says otherwise."""
    optional = OLD.assessments[0].activity
    required = tuple(each.activity for each in OLD.assessments[1:])
    old = replace(OLD, rule=replace(OLD.rule, completed_by=CompletedBy.ASSESSMENTS, required=required))

    rule = carried_over(old, the_copy()).rule

    assert rule.required == tuple(f"1{each}" for each in required)
    assert f"1{optional}" not in rule.required
    assert rule.completed_by is CompletedBy.ASSESSMENTS


def test_a_copy_without_assessments_is_completed_as_the_platform_says() -> None:
    """A rule that nobody could ever fulfil is no rule."""
    old = replace(OLD, rule=replace(OLD.rule, completed_by=CompletedBy.ASSESSMENTS, required=("7",)))
    bare = replace(the_copy(), assessments=(), rule=replace(OLD.rule, required=()))

    assert carried_over(old, bare).rule.completed_by is CompletedBy.PLATFORM


def test_declarations_of_supervision_stay_behind() -> None:
    """Nobody has watched a sitting that did not happen yet."""
    assert carried_over(OLD, the_copy()).supervision == ()


def test_what_was_matched_by_title_is_to_be_checked() -> None:
    """All else says from where it was copied."""
    said = origins(OLD)

    assert (said["level"], said["title"], said["assessments"], said["rule"]) == (COPIED, COPIED, SUGGESTED, SUGGESTED)
