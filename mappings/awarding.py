"""Decide whether a record earns the micro-credential of a profile, and say every reason why not.

Only outcomes that this learner's settled, passed assessments prove are awarded (Annex II, P4); a competency
counts only through its proficiency flag. A grade is settled when it is posted, neither hidden nor due to be
recalculated, and has stood for the quiet period of the rule at the moment it was read. An open finding of a
proctoring service holds an award for a person and never refuses it (GDPR Art. 22).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mappings.assessment import (
    ActivityId,
    AssessmentRecord,
    Delivery,
    GradeState,
    Result,
    Standing,
)
from mappings.errors import InvalidValue
from mappings.grades import has_stood, in_points, plain
from mappings.profile import (
    AssessmentSpecification,
    CompletedBy,
    CourseProfile,
    Outcome,
    ProvenByCompetency,
)
from mappings.supervision import evidence_for, findings


class ReasonCode(StrEnum):
    """Why an award is withheld or held: stable, for machines."""

    NOT_A_LEARNER = "not_a_learner"
    NEVER_STARTED = "never_started"
    NOT_COMPLETED = "not_completed"
    COMPLETION_NOT_TRACKED = "completion_not_tracked"
    NOT_GRADED = "not_graded"
    NOT_POSTED = "not_posted"
    NOT_SETTLED = "not_settled"
    EXCUSED = "excused"
    NOT_PASSED = "not_passed"
    NOT_JUDGED = "not_judged"
    NOT_RATED = "not_rated"
    NOT_PROFICIENT = "not_proficient"
    NO_OUTCOME_DECLARED = "no_outcome_declared"
    NO_OUTCOME_PROVEN = "no_outcome_proven"
    OUTCOME_NOT_PROVEN = "outcome_not_proven"
    APPROVAL_NEEDED = "approval_needed"
    OPEN_FLAG = "open_flag"
    PARTICIPATION_DISPUTED = "participation_disputed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code for machines, a sentence for teacher and learner, and what it is about.

    ``subject`` is the id of the activity, competency or outcome, empty where it is the course. It names no person.
    ``values`` are the facts of the sentence by name, for whoever says it in another language: days as ISO 8601.
    """

    code: ReasonCode
    sentence: str
    subject: str = ""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Award:
    """A learner has earned it, for these outcomes. ``held`` not empty: it waits for a person.

    ``left_out`` says why the other outcomes of the profile are not stated.
    """

    record: AssessmentRecord
    outcomes: tuple[Outcome, ...]
    held: tuple[Reason, ...] = ()
    left_out: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if not self.outcomes:
            raise InvalidValue("nothing proven is nothing to award")


@dataclass(frozen=True, slots=True)
class Withheld:
    """A learner has not earned it, or not yet, for all of these reasons."""

    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise InvalidValue("an award is withheld for a reason")


_STANDINGS: Final = {
    Standing.STAFF: "Only learners are awarded a micro-credential; this person teaches in the course.",
    Standing.PREVIEW: "This is a test user of the course, not a learner.",
    Standing.SUSPENDED: "The enrolment of this learner is suspended.",
    Standing.WITHDRAWN: "This learner has left the course.",
}
_IN_NO_BRIEF: Final = {
    *(ReasonCode.NOT_JUDGED, ReasonCode.NOT_RATED, ReasonCode.NO_OUTCOME_PROVEN, ReasonCode.OUTCOME_NOT_PROVEN)
}
"""What rests on verdicts and ratings, which a brief record lacks."""
_DELIVERIES: Final = {Delivery.ONLINE: "920fbb3cbe", Delivery.ON_SITE: "9191af2ed9", Delivery.BLENDED: "e92d221e4d"}


def decide(record: AssessmentRecord, profile: CourseProfile) -> Award | Withheld:
    """Decide as of ``record.read_at``: an award, perhaps held for a person, or all reasons against it."""
    if record.learner.standing is not Standing.LEARNER:
        return _withheld(ReasonCode.NOT_A_LEARNER, _STANDINGS[record.learner.standing])
    if not record.brief and not _started(record):
        return _withheld(ReasonCode.NEVER_STARTED, "The course was never started.")
    if not profile.outcomes:
        return _withheld(ReasonCode.NO_OUTCOME_DECLARED, "The course profile declares no learning outcome.")
    return _judge(record, profile)


def _judge(record: AssessmentRecord, profile: CourseProfile) -> Award | Withheld:
    unproven = {outcome.id: tuple(_against(outcome, record, profile)) for outcome in profile.outcomes}
    proven = tuple(outcome for outcome in profile.outcomes if not unproven[outcome.id])
    lacking = tuple(reason for reasons in unproven.values() for reason in reasons)
    refusals = (*_against_rule(record, profile), *_against_outcomes(proven, lacking, profile))
    if refusals:
        return Withheld(tuple(dict.fromkeys(_known(refusals, record))))
    return Award(record, proven, tuple(_held(record, profile, proven)), tuple(dict.fromkeys(lacking)))


def _known(refusals: tuple[Reason, ...], record: AssessmentRecord) -> tuple[Reason, ...]:
    """Leave out of a brief record's reasons those that rest on what it lacks, unless there is no other."""
    known = tuple(reason for reason in refusals if not record.brief or reason.code not in _IN_NO_BRIEF)
    return known or refusals


def _withheld(code: ReasonCode, sentence: str) -> Withheld:
    return Withheld((Reason(code, sentence),))


def _started(record: AssessmentRecord) -> bool:
    """Whether the platform shows any trace of the learner's own work or of a judgement on it."""
    worked = any(
        result.score.value is not None or result.submitted_at or result.completed_at or result.passed is not None
        for result in record.results
    )
    rated = any(rating.proficient is not None for rating in record.competencies)
    return worked or rated or record.completion.completed is True


def _against_rule(record: AssessmentRecord, profile: CourseProfile) -> Iterator[Reason]:
    for activity in profile.rule.required:
        yield from _against_assessment(profile.assessment(activity), record, profile)
    if profile.rule.completed_by is CompletedBy.PLATFORM:
        yield from _against_completion(record)


def _against_completion(record: AssessmentRecord) -> Iterator[Reason]:
    if record.completion.completed is None:
        sentence = "The platform does not track whether this course is completed."
        yield Reason(ReasonCode.COMPLETION_NOT_TRACKED, sentence)
    elif not record.completion.completed:
        unmet = "; ".join(record.completion.unmet)
        still_open = f" Still open: {unmet}." if unmet else ""
        values = (("unmet", unmet),) if unmet else ()
        yield Reason(ReasonCode.NOT_COMPLETED, f"The course is not completed.{still_open}", values=values)


def _against_outcomes(
    proven: tuple[Outcome, ...], lacking: tuple[Reason, ...], profile: CourseProfile
) -> Iterator[Reason]:
    if not proven:
        yield Reason(ReasonCode.NO_OUTCOME_PROVEN, "No learning outcome is proven.")
        yield from lacking
    elif lacking and profile.rule.every_outcome:
        missing = [outcome.title.in_language("en") for outcome in profile.outcomes if outcome not in proven]
        titles = ", ".join(f"“{title}”" for title in missing)
        yield Reason(ReasonCode.OUTCOME_NOT_PROVEN, f"Every learning outcome must be proven; not proven: {titles}.")
        yield from lacking


def _against(outcome: Outcome, record: AssessmentRecord, profile: CourseProfile) -> Iterator[Reason]:
    """Yield what keeps ``outcome`` from being proven."""
    if isinstance(outcome.proof, ProvenByCompetency):
        yield from _against_rating(outcome, outcome.proof, record, profile)
    for activity in outcome.proof.assessments:
        yield from _against_assessment(profile.assessment(activity), record, profile)


def _against_rating(
    outcome: Outcome, proof: ProvenByCompetency, record: AssessmentRecord, profile: CourseProfile
) -> Iterator[Reason]:
    title = f"“{outcome.title.in_language('en')}”"
    rating = record.rating_of(proof.competency)
    if rating is None or rating.proficient is None:
        yield Reason(ReasonCode.NOT_RATED, f"{title} is not rated yet.", outcome.id)
    elif not rating.proficient:
        yield Reason(ReasonCode.NOT_PROFICIENT, f"{title} is not rated proficient.", outcome.id)
    elif not has_stood(rating.rated_at, profile.rule.settled_after, record.read_at):
        yield Reason(ReasonCode.NOT_SETTLED, f"The rating of {title} {_must_stand(profile)}", outcome.id)


def _against_assessment(
    specification: AssessmentSpecification, record: AssessmentRecord, profile: CourseProfile
) -> Iterator[Reason]:
    """Yield what keeps an assessment from being settled and passed, at most one reason."""
    title = f"“{specification.title.in_language('en')}”"
    result = record.result_of(specification.activity)
    reason = _unsettled(title, result, record, profile) or _unpassed(title, result, specification)
    if reason is not None:
        code, sentence = reason
        yield Reason(code, sentence, specification.activity, tuple(_facts(code, result, specification, profile)))


def _facts(
    code: ReasonCode, result: Result | None, specification: AssessmentSpecification, profile: CourseProfile
) -> Iterator[tuple[str, str]]:
    """Yield what a sentence about an assessment needs in any language."""
    if result is None:
        return
    score, graded = result.score, result.score.graded_at
    if code is ReasonCode.NOT_GRADED and result.submitted_at is not None:
        yield "since", result.submitted_at.date().isoformat()
    if code is ReasonCode.NOT_SETTLED and score.state is GradeState.POSTED and graded is not None:
        yield "graded", graded.date().isoformat()
        yield "hours", f"{profile.rule.settled_after.total_seconds() / 3600:g}"
    if code is ReasonCode.NOT_PASSED and score.value is not None:
        yield "reached", plain(score.value)
        if specification.pass_mark is not None:
            yield "needed", plain(specification.pass_mark)


def _unsettled(
    title: str, result: Result | None, record: AssessmentRecord, profile: CourseProfile
) -> tuple[ReasonCode, str] | None:
    if result is None or result.score.state is GradeState.UNGRADED:
        return ReasonCode.NOT_GRADED, f"{title} is not graded yet."
    if result.score.state is GradeState.EXCUSED:
        return ReasonCode.EXCUSED, f"{title} was excused and so proves nothing."
    if result.score.state is GradeState.HIDDEN:
        return ReasonCode.NOT_POSTED, f"The grade of {title} is not shown to the learner yet."
    if result.score.state is GradeState.PENDING_REGRADE:
        return ReasonCode.NOT_SETTLED, f"The grade of {title} is being recalculated."
    if not has_stood(result.score.graded_at, profile.rule.settled_after, record.read_at):
        return ReasonCode.NOT_SETTLED, f"The grade of {title} {_must_stand(profile)}"
    return None


def _unpassed(
    title: str, result: Result | None, specification: AssessmentSpecification
) -> tuple[ReasonCode, str] | None:
    """Both the pass mark and the platform's verdict must agree, as far as they are given; one must be given."""
    assert result is not None  # settled
    assert result.score.value is not None  # posted
    reached = in_points(result.score.value, result.score.maximum)
    mark = specification.pass_mark
    if mark is not None and result.score.value < mark:
        return ReasonCode.NOT_PASSED, f"{title} was not passed: {reached}, {plain(mark)} needed."
    if result.passed is False:
        return ReasonCode.NOT_PASSED, f"{title} was not passed according to the platform: {reached}."
    if mark is None and result.passed is None:
        return ReasonCode.NOT_JUDGED, f"Neither the platform nor the profile says when {title} is passed: {reached}."
    return None


def _must_stand(profile: CourseProfile) -> str:
    hours = profile.rule.settled_after.total_seconds() / 3600
    return f"must have stood for {hours:g} hours before it counts."


def _held(record: AssessmentRecord, profile: CourseProfile, proven: tuple[Outcome, ...]) -> Iterator[Reason]:
    for activity in _counted(profile, proven):
        specification = profile.assessment(activity)
        flags = [each for each in evidence_for(specification, record, profile) if each.open_flag]
        if flags:
            sentence = f"A finding on “{specification.title.in_language('en')}” waits for a person to look at it."
            yield Reason(ReasonCode.OPEN_FLAG, sentence, activity, (("found", findings(flags)),))
    if profile.participation is not None and _disputed(profile.participation.code, record.course.delivery):
        sentence = (
            f"The profile states the participation “{profile.participation.label}”, "
            f"the platform shows the course as “{record.course.delivery.value}”."
        )
        yield Reason(ReasonCode.PARTICIPATION_DISPUTED, sentence)
    if profile.rule.approval:
        yield Reason(ReasonCode.APPROVAL_NEEDED, "Every award of this course waits for approval by a person.")


def _counted(profile: CourseProfile, proven: tuple[Outcome, ...]) -> tuple[ActivityId, ...]:
    """Return the assessments that the award rests on, each once."""
    proving = (activity for outcome in proven for activity in outcome.proof.assessments)
    return tuple(dict.fromkeys((*profile.rule.required, *proving)))


def _disputed(stated: str, shown: Delivery) -> bool:
    """Whether statement and platform contradict; other forms (project based ...) say nothing about the place."""
    return shown in _DELIVERIES and stated in _DELIVERIES.values() and stated != _DELIVERIES[shown]
