"""Decisions on records, first of all on the six learners of the recorded course."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.assessment import (
    AssessmentRecord,
    CompetencyRating,
    Completion,
    Delivery,
    EvidenceSource,
    GradeState,
    Presence,
    Result,
    Score,
    Standing,
)
from mappings.awarding import Award, Reason, ReasonCode, Withheld, decide
from mappings.errors import InvalidValue
from mappings.profile import AwardRule, CompletedBy, CourseProfile, ProvenByCompetency
from mappings.vocabularies.terms import term
from tests.factories import (
    EXAM,
    GRADED,
    LO_1,
    LO_2,
    LO_3,
    PROJECT,
    QUIZ,
    READ,
    UNGRADED,
    ada101,
    course,
    evidence,
    learner,
    outcomes_by_assessment,
    posted,
    profile,
    rating,
    record,
    result,
    specification,
)
from tests.strategies import Case, cases, earned_cases

BY_ASSESSMENT = outcomes_by_assessment()
PASSED = {QUIZ: result(QUIZ, 100, True), EXAM: result(EXAM, 100, True), PROJECT: result(PROJECT, 95, True)}


def with_exam(exam: Result, **more: Any) -> AssessmentRecord:
    """Return a record where everything but the exam is passed."""
    return record(results=(PASSED[QUIZ], exam, PASSED[PROJECT]), **more)


def exam_score(state: GradeState) -> Result:
    """Return an exam of 100 points in a state."""
    return Result(EXAM, Score(Decimal(100), Decimal(100), state, GRADED), True)


def codes(reasons: Iterable[Reason]) -> list[ReasonCode]:
    """Return the codes in order."""
    return [reason.code for reason in reasons]


def refused(shown: AssessmentRecord, stated: CourseProfile) -> tuple[Reason, ...]:
    """Return the reasons of a decision that must be a refusal."""
    decision = decide(shown, stated)
    assert isinstance(decision, Withheld)
    return decision.reasons


def awarded(shown: AssessmentRecord, stated: CourseProfile) -> Award:
    """Return a decision that must be an award."""
    decision = decide(shown, stated)
    assert isinstance(decision, Award)
    return decision


# The recorded course


def test_competency_profile_awards_anna_three_outcomes_and_bruno_two() -> None:
    """Only proficient ratings whose assessments were passed prove an outcome."""
    decisions = {name: decide(shown, profile()) for name, shown in ada101().items()}

    proven = {name: [o.id for o in each.outcomes] for name, each in decisions.items() if isinstance(each, Award)}
    assert proven == {"anna": [LO_1, LO_2, LO_3], "bruno": [LO_1, LO_2]}


def test_assessment_profile_awards_anna_bruno_and_eva() -> None:
    """Passed assessments prove outcomes whatever the competency ratings say."""
    by_assessment = profile(outcomes=BY_ASSESSMENT)

    decisions = {name: decide(shown, by_assessment) for name, shown in ada101().items()}

    assert {name for name, each in decisions.items() if isinstance(each, Award)} == {"anna", "bruno", "eva"}


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        (
            "chiara",
            [
                "“Final exam” was not passed: 25 of 100 points, 50 needed.",
                "The course is not completed.",
                "No learning outcome is proven.",
                "“Prepare and clean a data set” is not rated proficient.",
                "“Apply descriptive statistics” is not rated yet.",
                "“Communicate findings” is not rated proficient.",
            ],
        ),
        (
            "dieter",
            [
                "“Data project” is not graded yet.",
                "The course is not completed.",
                "No learning outcome is proven.",
                "“Prepare and clean a data set” is not rated proficient.",
                "“Apply descriptive statistics” is not rated proficient.",
                "“Communicate findings” is not rated yet.",
            ],
        ),
        (
            "eva",
            [
                "No learning outcome is proven.",
                "“Prepare and clean a data set” is not rated proficient.",
                "“Apply descriptive statistics” is not rated proficient.",
                "“Communicate findings” is not rated proficient.",
            ],
        ),
        ("farid", ["The course was never started."]),
    ],
)
def test_each_of_the_others_gets_all_true_reasons_once(name: str, reasons: list[str]) -> None:
    """As the recording shows them, the assessments first."""
    assert [reason.sentence for reason in refused(ada101()[name], profile())] == reasons


def test_an_outcome_that_is_left_out_is_explained() -> None:
    """Bruno and his teacher can read why the third outcome is not stated."""
    award = awarded(ada101()["bruno"], profile())

    assert award.left_out == (
        Reason(ReasonCode.NOT_PROFICIENT, "“Communicate findings” is not rated proficient.", LO_3),
    )


# Who


@pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.LEARNER])
def test_only_a_learner_is_awarded(standing: Standing) -> None:
    """Teachers, test users, suspended and former learners never are, whatever they reached."""
    assert codes(refused(record(learner=learner(standing=standing)), profile())) == [ReasonCode.NOT_A_LEARNER]


# When the course counts as completed


@pytest.mark.parametrize(
    ("completion", "code", "sentence"),
    [
        (
            Completion(False, unmet=("Final exam", "Course grade")),
            ReasonCode.NOT_COMPLETED,
            "The course is not completed. Still open: Final exam; Course grade.",
        ),
        (
            Completion(None),
            ReasonCode.COMPLETION_NOT_TRACKED,
            "The platform does not track whether this course is completed.",
        ),
    ],
)
def test_without_the_platform_s_completion_nothing_is_awarded(
    completion: Completion, code: ReasonCode, sentence: str
) -> None:
    """Where the rule asks for it, even if everything is passed."""
    (reason,) = refused(record(completion=completion), profile())

    assert (reason.code, reason.sentence) == (code, sentence)
    assert dict(reason.values).get("unmet", "") == "; ".join(completion.unmet)


def in_brief(**more: Any) -> AssessmentRecord:
    """Return the brief record of one who did everything but has not completed the course, as a list says."""
    results = tuple(replace(each, passed=None) for each in record().results)
    return record(**{"completion": Completion(False), "results": results, "competencies": (), "brief": True, **more})


def test_of_a_brief_record_only_what_it_holds_is_said() -> None:
    """Ratings and verdicts were not asked: that they are missing is not said of the learner."""
    assert codes(refused(in_brief(), profile())) == [ReasonCode.NOT_COMPLETED]
    ungraded = in_brief(results=())
    assert set(codes(refused(ungraded, profile()))) == {ReasonCode.NOT_COMPLETED, ReasonCode.NOT_GRADED}


def test_a_brief_record_does_not_show_whether_somebody_started() -> None:
    """An activity may be done and a rating given without a grade."""
    nothing = tuple(replace(each, score=UNGRADED) for each in in_brief().results)

    assert ReasonCode.NEVER_STARTED not in codes(refused(in_brief(results=nothing), profile()))


def test_where_a_brief_record_does_not_answer_what_lacks_is_named() -> None:
    """A rule that does not ask for completion is not judged by one; if it is, nothing is awarded by omission."""
    rule = AwardRule(CompletedBy.ASSESSMENTS, (QUIZ, EXAM, PROJECT))

    assert ReasonCode.NOT_RATED in codes(refused(in_brief(), profile(rule=rule)))


def test_completion_by_assessments_does_not_ask_the_platform() -> None:
    """Passing what is required completes the course."""
    rule = AwardRule(CompletedBy.ASSESSMENTS, (QUIZ, EXAM, PROJECT))

    assert awarded(record(completion=Completion(None)), profile(rule=rule))


def test_a_required_assessment_must_be_passed_in_any_case() -> None:
    """Also where it proves no outcome and the platform calls the course completed."""
    only_exam = profile(outcomes=BY_ASSESSMENT[1:2], rule=AwardRule(required=(QUIZ,)))

    reasons = refused(record(results=(result(QUIZ, 10, False), PASSED[EXAM])), only_exam)

    assert codes(reasons) == [ReasonCode.NOT_PASSED]


# Settled grades


@pytest.mark.parametrize(
    ("exam", "code", "sentence"),
    [
        (exam_score(GradeState.HIDDEN), "not_posted", "The grade of “Final exam” is not shown to the learner yet."),
        (exam_score(GradeState.PENDING_REGRADE), "not_settled", "The grade of “Final exam” is being recalculated."),
        (exam_score(GradeState.EXCUSED), "excused", "“Final exam” was excused and so proves nothing."),
        (exam_score(GradeState.UNGRADED), "not_graded", "“Final exam” is not graded yet."),
    ],
)
def test_an_unsettled_grade_proves_nothing_yet(exam: Result, code: str, sentence: str) -> None:
    """100 points, called passed by the platform, and still not settled."""
    assert refused(with_exam(exam), profile())[0] == Reason(ReasonCode(code), sentence, EXAM)


def test_an_assessment_that_the_platform_does_not_show_is_not_graded() -> None:
    """No result at all is no zero and no pass."""
    reasons = refused(record(results=(PASSED[QUIZ], PASSED[PROJECT])), profile())

    assert reasons[0].sentence == "“Final exam” is not graded yet."


def test_a_grade_must_have_stood_for_the_quiet_period() -> None:
    """Counted from its grading to the reading; an undated grade never has."""
    quiet = profile(rule=AwardRule(settled_after=timedelta(hours=48)), outcomes=BY_ASSESSMENT[1:2])

    assert refused(with_exam(result(EXAM, 100, True)), quiet)[1] == Reason(
        ReasonCode.NOT_SETTLED,
        "The grade of “Final exam” must have stood for 48 hours before it counts.",
        EXAM,
        (("graded", GRADED.date().isoformat()), ("hours", "48")),
    )
    assert awarded(with_exam(result(EXAM, 100, True), read_at=GRADED + timedelta(hours=48)), quiet)
    undated = Result(EXAM, posted(100, graded_at=None), True)
    assert refused(with_exam(undated, read_at=READ + timedelta(days=99)), quiet)


def test_a_rating_must_have_stood_for_the_quiet_period_too() -> None:
    """A competency can be re-rated like a grade."""
    quiet = profile(rule=AwardRule(settled_after=timedelta(hours=48)))
    graded_long_ago = tuple(
        replace(each, score=posted(100, graded_at=GRADED - timedelta(days=9))) for each in PASSED.values()
    )

    reasons = refused(record(results=graded_long_ago), quiet)

    assert reasons[1].sentence == (
        "The rating of “Prepare and clean a data set” must have stood for 48 hours before it counts."
    )


# Passed


def test_pass_mark_and_verdict_must_agree() -> None:
    """A pass mark that is reached does not overrule the platform's «failed», nor the other way round."""
    assert refused(with_exam(result(EXAM, 60, False)), profile())[0].sentence == (
        "“Final exam” was not passed according to the platform: 60 of 100 points."
    )
    assert refused(with_exam(result(EXAM, 40, True)), profile())[0].code is ReasonCode.NOT_PASSED
    assert awarded(with_exam(result(EXAM, 50, None)), profile())


def test_without_pass_mark_and_verdict_nobody_knows() -> None:
    """A score alone is no pass; the platform's verdict alone is one."""
    unmarked = specification(EXAM, "Final exam", "6e6cb2cc78", pass_mark=None)
    stated = profile(outcomes=BY_ASSESSMENT[1:2], assessments=(unmarked,), rule=AwardRule())

    assert codes(refused(with_exam(result(EXAM, 100, None)), stated))[1] is ReasonCode.NOT_JUDGED
    assert awarded(with_exam(result(EXAM, 1, True)), stated)


# Outcomes


def test_a_competency_counts_only_through_proficiency() -> None:
    """Moodle rates everybody, also as «not yet competent»."""
    rated = CompetencyRating(LO_2, "", None, grade="Competent")
    stated = profile(outcomes=profile().outcomes[1:2])

    assert codes(refused(record(competencies=(rated,)), stated))[1] is ReasonCode.NOT_RATED
    assert awarded(record(competencies=(rating(LO_2, True),)), stated)


def test_a_proficient_rating_needs_its_assessments_passed() -> None:
    """The rating says where it was earned; a failed assessment there proves nothing."""
    free = profile(rule=AwardRule())

    award = awarded(with_exam(result(EXAM, 25, False)), free)

    assert [outcome.id for outcome in award.outcomes] == [LO_1, LO_3]
    assert codes(award.left_out) == [ReasonCode.NOT_PASSED]


def test_every_outcome_can_be_demanded() -> None:
    """Then one missing outcome withholds the award and is named."""
    strict = profile(rule=AwardRule(every_outcome=True))

    reasons = refused(ada101()["bruno"], strict)

    assert [reason.sentence for reason in reasons] == [
        "Every learning outcome must be proven; not proven: “Communicate findings”.",
        "“Communicate findings” is not rated proficient.",
    ]
    assert awarded(ada101()["anna"], strict)


def test_a_profile_without_outcomes_awards_nothing() -> None:
    """There is nothing to state."""
    assert codes(refused(record(), profile(outcomes=()))) == [ReasonCode.NO_OUTCOME_DECLARED]


@pytest.mark.parametrize(
    "trace",
    [
        {"results": (result(QUIZ, 0),)},
        {"results": (Result(QUIZ, UNGRADED, submitted_at=GRADED),)},
        {"results": (Result(QUIZ, UNGRADED, completed_at=GRADED),)},
        {"results": (Result(QUIZ, UNGRADED, passed=False),)},
        {"competencies": (rating(LO_1, False),)},
        {"completion": Completion(True)},
    ],
)
def test_any_trace_of_work_means_started(trace: dict[str, Any]) -> None:
    """Zero points, a submission, a verdict, a rating, a completion."""
    nothing: dict[str, Any] = {"results": (), "competencies": (), "completion": Completion(False)}

    assert codes(refused(record(**nothing), profile())) == [ReasonCode.NEVER_STARTED]
    assert ReasonCode.NEVER_STARTED not in codes(refused(record(**(nothing | trace)), profile()))


# Held for a person


def test_an_open_flag_holds_and_never_refuses() -> None:
    """GDPR Art. 22: a finding is a question to a person."""
    flag = evidence(open_flag=True, learner=learner().id)

    award = awarded(record(supervision=(flag,)), profile())

    assert award.held == (
        Reason(
            ReasonCode.OPEN_FLAG,
            "A finding on “Final exam” waits for a person to look at it.",
            EXAM,
            (("found", f"{flag.stated_by} {flag.stated_at:%F %T}"),),
        ),
    )


def test_a_flag_of_the_platform_s_settings_has_no_time_of_its_own() -> None:
    """Reading it again does not make it another finding."""
    flag = evidence(open_flag=True, source=EvidenceSource.PLATFORM_SETTING)

    first = awarded(record(supervision=(flag,)), profile())
    again = awarded(record(supervision=(replace(flag, stated_at=flag.stated_at + timedelta(days=1)),)), profile())

    assert first.held == again.held != ()


def test_a_flag_on_what_the_award_does_not_rest_on_holds_nothing() -> None:
    """Neither on somebody else's sitting nor on an assessment that neither proves nor is required."""
    other = evidence(open_flag=True, learner=learner(id_="5").id)
    project = evidence(PROJECT, open_flag=True)
    only_exam = profile(outcomes=BY_ASSESSMENT[1:2], rule=AwardRule())

    assert awarded(record(supervision=(other, project)), only_exam).held == ()


def test_approval_holds_every_award() -> None:
    """A course may want a person to look at each one."""
    assert codes(awarded(record(), profile(rule=AwardRule(approval=True))).held) == [ReasonCode.APPROVAL_NEEDED]


@pytest.mark.parametrize(
    ("stated", "shown", "held"),
    [
        ("9191af2ed9", Delivery.ONLINE, True),
        ("920fbb3cbe", Delivery.BLENDED, True),
        ("920fbb3cbe", Delivery.ONLINE, False),
        ("920fbb3cbe", Delivery.UNKNOWN, False),
        ("7813801c77", Delivery.ONLINE, False),
    ],
)
def test_a_participation_that_the_platform_contradicts_is_a_question(stated: str, shown: Delivery, held: bool) -> None:
    """Annex I, M10: what is stated is checked against what the platform shows, where it shows anything."""
    with_participation = profile(participation=term("modes-learning-assessment", stated))

    award = awarded(record(course=course(delivery=shown)), with_participation)

    assert codes(award.held) == [ReasonCode.PARTICIPATION_DISPUTED] * held


def test_a_draft_without_participation_is_decided_all_the_same() -> None:
    """What is missing is the gate's business."""
    assert awarded(record(course=course(delivery=Delivery.ONLINE)), profile(participation=None)).held == ()


def test_empty_decisions_cannot_be() -> None:
    """An award proves something; a refusal has a reason."""
    with pytest.raises(InvalidValue):
        Award(record(), ())
    with pytest.raises(InvalidValue):
        Withheld(())


# Whatever the platform shows


def proves(case: Case, activity: str) -> bool:
    """Whether this assessment was settled and passed, said in other words than the product's."""
    stated = next(each for each in case.profile.assessments if each.activity == activity)
    found = [each for each in case.record.results if each.activity == activity]
    if not found or found[0].score.state is not GradeState.POSTED or found[0].score.value is None:
        return False
    quiet, graded_at = case.profile.rule.settled_after, found[0].score.graded_at
    stood = quiet == timedelta(0) or (graded_at is not None and case.record.read_at - graded_at >= quiet)
    verdicts = {found[0].passed, None if stated.pass_mark is None else found[0].score.value >= stated.pass_mark}
    return stood and True in verdicts and False not in verdicts


@given(cases)
def test_an_award_never_claims_what_is_not_proven(case: Case) -> None:
    """Every stated outcome rests on settled, passed assessments, and on proficiency where it is a competency."""
    decision = decide(case.record, case.profile)

    if isinstance(decision, Award):
        for outcome in decision.outcomes:
            assert all(proves(case, activity) for activity in outcome.proof.assessments)
            if isinstance(outcome.proof, ProvenByCompetency):
                ratings = {each.competency: each.proficient for each in case.record.competencies}
                assert ratings[outcome.proof.competency] is True
        assert all(proves(case, activity) for activity in case.profile.rule.required)
        assert case.profile.rule.completed_by is CompletedBy.ASSESSMENTS or case.record.completion.completed


@given(earned_cases)
def test_what_is_earned_is_awarded_in_full(case: Case) -> None:
    """Completed, passed, settled, proficient: nothing withholds it and no outcome is left out."""
    decision = decide(case.record, case.profile)

    assert isinstance(decision, Award)
    assert (decision.outcomes, decision.left_out) == (case.profile.outcomes, ())


@given(cases, st.data())
def test_more_evidence_of_learning_never_lowers(case: Case, data: st.DataObject) -> None:
    """Monotonic: one more passed assessment or proficient rating keeps an award and its outcomes."""
    stated = data.draw(st.sampled_from(case.profile.assessments))
    points = max(stated.pass_mark or Decimal(0), Decimal(1))
    passed = Result(stated.activity, Score(points, Decimal(100), GradeState.POSTED, READ - timedelta(days=99)), True)
    others = tuple(each for each in case.record.results if each.activity != stated.activity)
    ratings = tuple(replace(each, proficient=True) for each in case.record.competencies)
    more = replace(case.record, results=(*others, passed), competencies=ratings)

    before, after = decide(case.record, case.profile), decide(more, case.profile)

    if isinstance(before, Award):
        assert isinstance(after, Award)
        assert set(before.outcomes) <= set(after.outcomes)


@given(cases, st.lists(st.sampled_from(Presence), max_size=3))
def test_supervision_never_decides_whether_something_was_earned(case: Case, presences: list[Presence]) -> None:
    """It changes what is stated about the assessment and may hold the award, nothing else."""
    flags = tuple(
        evidence(case.profile.assessments[0].activity, supervision=each, open_flag=True) for each in presences
    )

    before = decide(replace(case.record, supervision=()), case.profile)
    after = decide(replace(case.record, supervision=flags), case.profile)

    assert type(before) is type(after)
