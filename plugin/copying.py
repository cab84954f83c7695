"""The profile of a course that was copied, for the copy: what people stated comes along, in the copy's own ids. Pure.

Activities of a copied course have ids of their own, so assessments are recognised by their title. Declarations of
supervision stay behind: they are about sittings that were, not about those that will be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mappings.assessment import ActivityId
from mappings.profile import (
    AssessmentSpecification,
    AwardRule,
    CompletedBy,
    CourseProfile,
    Outcome,
    Proof,
    ProvenByCompetency,
)
from plugin.suggestion import SUGGESTED

COPIED = "copied"
"""Origin of a field: stated for the course that this one was copied from."""
Moved = Mapping[ActivityId, ActivityId]
"""Assessments of the old course with what they became."""


def carried_over(old: CourseProfile, fresh: CourseProfile) -> CourseProfile:
    """Return what ``old`` states for the course that ``fresh`` was suggested from."""
    by_title = {_title(each): each for each in old.assessments}
    assessments = tuple(_stated(each, by_title.get(_title(each))) for each in fresh.assessments)
    moved = {by_title[_title(each)].activity: each.activity for each in assessments if _title(each) in by_title}
    return replace(
        old,
        id=fresh.id,
        version=1,
        outcomes=(*fresh.outcomes, *_outcomes(old, fresh, moved)),
        assessments=assessments,
        rule=_rule(old, assessments, moved),
        supervision=(),
    )


def origins(profile: CourseProfile) -> dict[str, str]:
    """Return by field where a carried-over profile has it from; what was matched by title is to be checked."""
    stated = (
        "title",
        "description",
        "languages",
        "participation",
        "outcomes",
        "workload",
        "level",
        "subjects",
        "prerequisites",
        "quality_assurance",
        "further_information",
        "homepage",
        "valid_for_months",
    )
    copied = {name: COPIED for name in stated if getattr(profile, name)}
    return copied | dict.fromkeys(("assessments", "rule"), SUGGESTED)


def _title(assessment: AssessmentSpecification) -> str:
    return assessment.title.by_language[0][1]


def _stated(new: AssessmentSpecification, known: AssessmentSpecification | None) -> AssessmentSpecification:
    return replace(new, type=known.type, mode=known.mode, pass_mark=known.pass_mark) if known else new


def _outcomes(old: CourseProfile, fresh: CourseProfile, moved: Moved) -> Iterator[Outcome]:
    """Yield the outcomes that the platform does not name for the copy, as far as something there proves them."""
    there = {each.title.by_language for each in fresh.outcomes}
    taken = {each.id for each in fresh.outcomes}
    for outcome in old.outcomes:
        proof = _proof(outcome.proof, moved)
        if outcome.title.by_language not in there and outcome.id not in taken and proof is not None:
            yield replace(outcome, proof=proof)


def _proof(proof: Proof, moved: Moved) -> Proof | None:
    here = tuple(moved[each] for each in proof.assessments if each in moved)
    return replace(proof, assessments=here) if here or isinstance(proof, ProvenByCompetency) else None


def _rule(old: CourseProfile, assessments: tuple[AssessmentSpecification, ...], moved: Moved) -> AwardRule:
    """Demand what was demanded; of an assessment that is new in the copy nobody has said that it is optional."""
    optional = {moved[each.activity] for each in old.assessments if each.activity in moved} - {
        moved[each] for each in old.rule.required if each in moved
    }
    required = tuple(each.activity for each in assessments if each.activity not in optional)
    completed_by = old.rule.completed_by if required else CompletedBy.PLATFORM
    return replace(old.rule, completed_by=completed_by, required=required)
