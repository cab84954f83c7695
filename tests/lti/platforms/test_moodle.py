"""Reading the recorded course ADA101 from Moodle's web services over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lti.errors import Fault, PlatformError
from lti.platforms.moodle import Moodle
from lti.platforms.naming import NamesCompetencies
from mappings.assessment import (
    ActivityId,
    AssessmentRecord,
    CompetencyId,
    CourseId,
    EvidenceSource,
    GradeState,
    LearnerId,
    PlatformId,
    Presence,
    Standing,
)
from tests.lti.conftest import LOCAL
from tests.simulators.moodle import MoodleSimulator, enlarged, key, refusal
from tests.simulators.server import Reply

COURSE = CourseId("3")
ANNA, BRUNO, CHIARA, DIETER, EVA, FARID = (LearnerId(number) for number in "456789")
QUIZ, EXAM, PROJECT = (ActivityId(number) for number in "678")
AFTER_ALL = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


@pytest.fixture
def records(moodle: Moodle) -> dict[LearnerId, AssessmentRecord]:
    """Read the whole course."""
    return {record.learner.id: record for record in moodle.read(COURSE)}


def test_exactly_the_six_learners_are_read(records: dict[LearnerId, AssessmentRecord]) -> None:
    """The editing and the non-editing teacher of the roster are not among them."""
    assert list(records) == [ANNA, BRUNO, CHIARA, DIETER, EVA, FARID]


def test_teachers_are_staff(moodle: Moodle) -> None:
    """An editing teacher and a non-editing one, who is a «Learner» in the LTI roster, are no learners."""
    standing = {person.full_name: person.standing for person in moodle.people(COURSE)}

    assert [name for name, found in standing.items() if found is Standing.STAFF] == ["Tessa Teacher", "Alex Assistant"]


@pytest.mark.parametrize(
    ("learner", "completed_at"),
    [
        (ANNA, datetime(2026, 11, 23, 12, 18, 25, tzinfo=UTC)),
        (BRUNO, datetime(2026, 11, 23, 12, 18, 25, tzinfo=UTC)),
        (EVA, datetime(2026, 11, 23, 12, 33, 16, tzinfo=UTC)),
    ],
)
def test_a_completed_course_has_the_time_of_its_last_criterion(
    records: dict[LearnerId, AssessmentRecord], learner: LearnerId, completed_at: datetime
) -> None:
    """Moodle gives no completion time of the course itself."""
    completion = records[learner].completion

    assert (completion.completed, completion.completed_at, completion.unmet) == (True, completed_at, ())


@pytest.mark.parametrize(
    ("learner", "unmet"),
    [
        (CHIARA, ("Activity completion: Final exam (proctored, Safe Exam Browser)",)),
        (DIETER, ("Activity completion: Data project", "Course grade: Required course grade")),
    ],
)
def test_an_open_course_names_what_is_unmet(
    records: dict[LearnerId, AssessmentRecord], learner: LearnerId, unmet: tuple[str, ...]
) -> None:
    """In Moodle's own words, without its HTML."""
    completion = records[learner].completion

    assert (completion.completed, completion.completed_at, completion.unmet) == (False, None, unmet)


@pytest.mark.parametrize(
    ("learner", "course_score", "scores"),
    [
        (ANNA, "295", ("100", "100", "95")),
        (BRUNO, "187", ("50", "75", "62")),
        (CHIARA, "205", ("100", "25", "80")),
        (DIETER, "175", ("100", "75", None)),
        (EVA, "235", ("50", "100", "85")),
        (FARID, None, (None, None, None)),
    ],
)
def test_scores_are_exact(
    records: dict[LearnerId, AssessmentRecord],
    learner: LearnerId,
    course_score: str | None,
    scores: tuple[str | None, ...],
) -> None:
    """Course total and every activity, as Decimal; nothing graded is None and not zero."""
    record = records[learner]

    assert record.course_score is not None
    found = [record.course_score.value, *(result.score.value for result in record.results)]
    assert found == [None if score is None else Decimal(score) for score in (course_score, *scores)]
    assert [result.activity for result in record.results] == [QUIZ, EXAM, PROJECT]


@pytest.mark.parametrize(
    ("learner", "passed"),
    [
        (ANNA, (True, True, True)),
        (BRUNO, (True, True, True)),
        (CHIARA, (True, False, True)),
        (DIETER, (True, True, None)),
        (EVA, (True, True, True)),
        (FARID, (None, None, None)),
    ],
)
def test_the_verdict_is_moodles_own(
    records: dict[LearnerId, AssessmentRecord], learner: LearnerId, passed: tuple[bool | None, ...]
) -> None:
    """Completion state 2 is a pass, 3 a fail, 0 and 1 are no verdict."""
    assert tuple(result.passed for result in records[learner].results) == passed


@pytest.mark.parametrize(
    ("learner", "ratings"),
    [
        (ANNA, {"LO-ADA-1": True, "LO-ADA-2": True, "LO-ADA-3": True}),
        (BRUNO, {"LO-ADA-1": True, "LO-ADA-2": True, "LO-ADA-3": False}),
        (CHIARA, {"LO-ADA-1": False, "LO-ADA-3": False}),
        (EVA, {"LO-ADA-1": False, "LO-ADA-2": False, "LO-ADA-3": False}),
        (FARID, {}),
    ],
)
def test_ratings_carry_the_proficiency_flag(
    records: dict[LearnerId, AssessmentRecord], learner: LearnerId, ratings: dict[str, bool]
) -> None:
    """Eva is rated in all three, by a rule, and proficient in none; a competency without rating is left out."""
    found = {rating.competency: rating.proficient for rating in records[learner].competencies}

    assert found == ratings


def test_a_rating_says_its_grade_and_time(records: dict[LearnerId, AssessmentRecord]) -> None:
    """As Moodle words and dates it."""
    rating = records[BRUNO].rating_of(CompetencyId("LO-ADA-3"))

    assert rating is not None
    assert (rating.title, rating.grade) == ("Communicate findings", "Not yet competent")
    assert rating.rated_at == datetime(2026, 11, 23, 12, 18, 26, tzinfo=UTC)


def test_the_activities_describe_what_is_graded(records: dict[LearnerId, AssessmentRecord], moodle: Moodle) -> None:
    """Course module id, title, kind, maximum and address of each."""
    exam = records[ANNA].activities[1]

    assert [activity.kind for activity in records[ANNA].activities] == ["quiz", "quiz", "assign"]
    assert (exam.id, exam.title, exam.maximum) == (EXAM, "Final exam (proctored, Safe Exam Browser)", Decimal(100))
    assert exam.url.endswith("/mod/quiz/view.php?id=7")


def test_the_course_says_title_code_and_dates(moodle: Moodle) -> None:
    """Times in UTC, the summary without HTML."""
    course = moodle.course(COURSE)

    assert (course.title, course.code) == ("Micro-credential: Applied Data Analysis", "ADA101")
    assert course.starts_at == datetime.fromtimestamp(1790252304, UTC)
    assert course.summary == "5 ECTS micro-credential, EQF level 6. 125 hours workload."


def test_a_learner_has_names_contact_and_student_number(records: dict[LearnerId, AssessmentRecord]) -> None:
    """As the roster shows them."""
    eva = records[EVA].learner

    assert (eva.given_name, eva.family_name, eva.full_name) == ("Eva", "Nováková", "Eva Nováková")
    assert (eva.email, eva.student_number) == ("eva@example.org", "STU-0005")


def test_a_quiz_that_moodle_cannot_describe_suggests_lockdown_and_no_supervision(
    records: dict[LearnerId, AssessmentRecord],
) -> None:
    """The exam requires Safe Exam Browser, which Moodle answers with «invalidresponse»; the other quiz has no rule."""
    (evidence,) = records[ANNA].supervision

    assert (evidence.activity, evidence.source) == (EXAM, EvidenceSource.PLATFORM_SETTING)
    assert (evidence.supervision, evidence.identity_verified) == (Presence.UNKNOWN, None)
    assert "Safe Exam Browser" in evidence.method


def quiz_with(simulator: MoodleSimulator, **settings: object) -> None:
    """Change settings of the module quiz."""
    quizzes = simulator.answers["mod_quiz_get_quizzes_by_courses", key({"courseids[0]": 3})]
    quizzes["quizzes"][0].update(settings)


def test_settings_of_a_quiz_are_evidence_of_a_setting_only(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Addresses, password and window are named; none of them says that somebody watched."""
    quiz_with(simulator, subnet="10.1.2.0/24", password="exam-secret", browsersecurity="securewindow")

    evidence = [one for one in next(moodle.read(COURSE, [ANNA])).supervision if one.activity == QUIZ]

    assert [one.method for one in evidence] == ["IP addresses restricted", "password required", "full-screen window"]
    assert {one.supervision for one in evidence} == {Presence.UNKNOWN}


def test_the_password_of_a_quiz_is_not_kept(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Some roles receive it in clear; it is nowhere in what is read."""
    quiz_with(simulator, password="exam-secret")

    assert "exam-secret" not in repr(list(moodle.read(COURSE)))


def test_a_proctoring_rule_suggests_watching_online(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """The rule's presence is a setting, without any word on identity."""
    access = simulator.answers["mod_quiz_get_quiz_access_information", key({"quizid": 3})]
    access["activerulenames"].append("quizaccess_proctoring")

    (evidence,) = [one for one in next(moodle.read(COURSE, [ANNA])).supervision if one.activity == QUIZ]

    assert (evidence.supervision, evidence.identity_verified) == (Presence.ONLINE, None)
    assert (evidence.source, evidence.stated_by) == (EvidenceSource.PLATFORM_SETTING, "quizaccess_proctoring")


def grade_item(simulator: MoodleSimulator, learner: LearnerId, activity: ActivityId) -> dict[str, object]:
    """Return the grade as Moodle will report it, to change it."""
    report = simulator.answers["gradereport_user_get_grade_items", key({"courseid": 3})]
    items: list[dict[str, object]] = next(
        user["gradeitems"] for user in report["usergrades"] if str(user["userid"]) == learner
    )
    return next(item for item in items if str(item.get("cmid")) == activity)


@pytest.mark.parametrize(
    ("flag", "state"),
    [
        ({"gradeneedsupdate": True}, GradeState.PENDING_REGRADE),
        ({"gradeishidden": True}, GradeState.HIDDEN),
        ({"gradehiddenbydate": True}, GradeState.HIDDEN),
        ({"gradeishidden": True, "gradeneedsupdate": True}, GradeState.PENDING_REGRADE),
        ({}, GradeState.POSTED),
    ],
)
def test_a_score_says_whether_it_stands(
    simulator: MoodleSimulator, moodle: Moodle, flag: dict[str, object], state: GradeState
) -> None:
    """Hidden and to be recalculated are told apart from posted."""
    grade_item(simulator, ANNA, EXAM).update(flag)

    result = next(moodle.read(COURSE, [ANNA])).result_of(EXAM)

    assert result is not None
    assert result.score.state is state


def test_an_overridden_completion_names_who_did_it(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """By id, and the grade's own override flag beside it."""
    statuses = simulator.answers["core_completion_get_activities_completion_status", key({"courseid": 3, "userid": 4})]
    next(status for status in statuses["statuses"] if status["cmid"] == 7)["overrideby"] = 3
    grade_item(simulator, ANNA, EXAM)["gradeisoverridden"] = True

    result = next(moodle.read(COURSE, [ANNA])).result_of(EXAM)

    assert result is not None
    assert (result.overridden_by, result.score.overridden) == ("3", True)


def test_a_second_grade_of_one_activity_has_its_own_id(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """A workshop has two grades under one course module; neither hides the other."""
    report = simulator.answers["gradereport_user_get_grade_items", key({"courseid": 3})]
    for user in report["usergrades"]:
        second = dict(next(item for item in user["gradeitems"] if item.get("cmid") == 8))
        user["gradeitems"].append({**second, "id": 99, "itemnumber": 1})

    record = next(moodle.read(COURSE, [ANNA]))

    assert [result.activity for result in record.results] == [QUIZ, EXAM, PROJECT, ActivityId("8:1")]


def test_a_suspended_learner_is_no_learner(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Enrolled with the learner role, but the gradebook does not count him: read, with his standing said."""
    gradable = simulator.answers["core_grades_get_gradable_users", key({"courseid": 3})]
    gradable["users"] = [user for user in gradable["users"] if user["username"] != "bruno"]

    record = next(moodle.read(COURSE, [BRUNO]))

    assert record.learner.standing is Standing.SUSPENDED
    assert record.completion.completed is None


def test_people_whom_moodle_leaves_out_are_not_passed_over(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """As seen without ``moodle/user:viewdetails``: the roster shows the teacher only, and no warning."""
    people = simulator.answers["core_enrol_get_enrolled_users", key({"courseid": 3})]
    del people[1:]

    with pytest.raises(PlatformError) as raised:
        list(moodle.read(COURSE))

    assert (raised.value.fault, raised.value.place) == (Fault.NO_ACCESS, "core_enrol_get_enrolled_users")


def test_somebody_who_enrols_between_two_lists_is_no_fault(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """The roster is asked once more before anything is said."""
    people = simulator.answers["core_enrol_get_enrolled_users", key({"courseid": 3})]
    before = [person for person in people if person["username"] != "farid"]
    simulator.plan(lambda asked: asked.form.get("wsfunction") == "core_enrol_get_enrolled_users", Reply(before))

    assert len(list(moodle.read(COURSE))) == 5


def test_a_learner_who_also_helps_teaching_is_staff(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Any role beyond the learner roles takes a person out."""
    people = simulator.answers["core_enrol_get_enrolled_users", key({"courseid": 3})]
    people[1]["roles"].append({"roleid": 4, "name": "", "shortname": "teacher", "sortorder": 1})

    assert ANNA not in [record.learner.id for record in moodle.read(COURSE)]


def test_somebody_who_left_is_said_to_have_withdrawn(moodle: Moodle) -> None:
    """Whoever was asked for and is no longer enrolled is not passed over in silence."""
    (record,) = moodle.read(COURSE, [LearnerId("999")])

    assert (record.learner.standing, record.completion.completed, record.results) == (Standing.WITHDRAWN, None, ())


def test_whoever_teaches_by_now_is_said_to_be_staff(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """A learner who is named and has become a teacher comes with that standing and nothing else."""
    people = simulator.answers["core_enrol_get_enrolled_users", key({"courseid": 3})]
    people[1]["roles"].append({"roleid": 4, "name": "", "shortname": "teacher", "sortorder": 1})

    (record,) = moodle.read(COURSE, [ANNA])

    assert (record.learner.id, record.learner.standing, record.results) == (ANNA, Standing.STAFF, ())


def test_a_course_without_completion_is_not_known_to_be_completed(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """«nocriteriaset» is no error and no verdict."""
    place = ("core_completion_get_course_completion_status", key({"courseid": 3, "userid": 4}))
    simulator.answers[place] = refusal("nocriteriaset")

    assert next(moodle.read(COURSE, [ANNA])).completion.completed is None


def test_competencies_are_named_by_the_id_of_their_ratings(
    moodle: Moodle, records: dict[LearnerId, AssessmentRecord]
) -> None:
    """Before anybody is rated they are known under the id that a rating has later."""
    named = moodle.competencies(COURSE)

    assert isinstance(moodle, NamesCompetencies)
    assert named == {each.competency: each.title for each in records[EVA].competencies}


def test_a_site_without_competencies_is_read_without_ratings(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Competencies switched off are no fault, and nobody is asked for them."""
    simulator.answers["core_competency_list_course_competencies", key({"id": 3})] = refusal("competenciesarenotenabled")

    assert next(moodle.read(COURSE, [ANNA])).competencies == ()
    assert simulator.calls("report_competency_data_for_report") == []


def test_a_fault_with_one_learner_does_not_hide_the_others(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """The others are yielded first, then the fault is raised."""
    place = ("core_completion_get_activities_completion_status", key({"courseid": 3, "userid": 5}))
    simulator.answers[place] = refusal("nopermissions")
    seen = []

    with pytest.raises(PlatformError) as raised:
        seen.extend(record.learner.id for record in moodle.read(COURSE))

    assert seen == [ANNA, CHIARA, DIETER, EVA, FARID]
    assert raised.value.fault is Fault.NO_ACCESS


def test_the_grades_of_all_come_in_one_call(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """One call for the whole course, whoever is in it."""
    list(moodle.read(COURSE))

    assert len(simulator.calls("gradereport_user_get_grade_items")) == 1


def test_the_grades_of_one_come_alone(
    simulator: MoodleSimulator, moodle: Moodle, records: dict[LearnerId, AssessmentRecord]
) -> None:
    """Reading one learner again, as before issuing, gives the same without the grades of the others."""
    record = next(moodle.read(COURSE, [BRUNO]))

    assert (record.results, record.course_score) == (records[BRUNO].results, records[BRUNO].course_score)
    assert simulator.calls("gradereport_user_get_grade_items")[-1]["userid"] == BRUNO


def test_a_few_named_learners_do_not_cost_the_grades_of_the_class(
    simulator: MoodleSimulator, moodle: Moodle, records: dict[LearnerId, AssessmentRecord]
) -> None:
    """Forty of a large course are issued together: Moodle builds their grades, not those of ten thousand."""
    before = len(simulator.calls("gradereport_user_get_grade_items"))

    together = {record.learner.id: record.results for record in moodle.read(COURSE, [ANNA, BRUNO])}

    asked = simulator.calls("gradereport_user_get_grade_items")[before:]
    assert sorted(form["userid"] for form in asked) == [ANNA, BRUNO]
    assert together == {each: records[each].results for each in (ANNA, BRUNO)}


def test_an_unchanged_course_asks_for_no_learner_singly(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """The second sync reads the lists, sees that nobody did anything, and stops."""
    assert list(moodle.read(COURSE, since=AFTER_ALL)) == []
    assert [form for form in simulator.calls() if "userid" in form] == []
    assert len(simulator.asked) <= 12


def test_a_new_grade_brings_the_learner_back(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Only she is read again."""
    later = int((AFTER_ALL + timedelta(minutes=5)).timestamp())
    grade_item(simulator, CHIARA, EXAM)["gradedategraded"] = later

    assert [record.learner.id for record in moodle.read(COURSE, since=AFTER_ALL)] == [CHIARA]


def test_a_change_shortly_before_is_read_once_more(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Moodle's cron marks a course grade minutes after it was given: an hour is allowed for it."""
    shortly_before = int((AFTER_ALL - timedelta(minutes=50)).timestamp())
    grade_item(simulator, CHIARA, EXAM)["gradedategraded"] = shortly_before

    assert [record.learner.id for record in moodle.read(COURSE, since=AFTER_ALL)] == [CHIARA]


def test_batches_give_the_same_records_in_fewer_requests() -> None:
    """Where the service has Moodle's own function for it, the refusal of one call does not stop the others."""
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    read = []
    for batch in (False, True):
        with MoodleSimulator(batch=batch) as running:
            moodle = Moodle.connect(PlatformId("moodle"), running.url, running.token, LOCAL)
            moodle._clock = lambda: moment
            read.append((len(list(moodle.read(COURSE))), len(running.asked)))

    assert read[0][0] == read[1][0] == 6
    assert read[1][1] < 12 < read[0][1]


def test_a_large_course_takes_few_requests() -> None:
    """At most 12, and one for each learner: 200 learners with three calls each, sixty calls in one request."""
    with MoodleSimulator(enlarged(200), batch=True) as running:
        moodle = Moodle.connect(PlatformId("moodle"), running.url, running.token, LOCAL)

        completed = [record.completion.completed for record in moodle.read(COURSE)]

    assert completed == [True] * 200
    assert len(running.asked) <= 25


def test_people_come_in_pages(simulator: MoodleSimulator, moodle: Moodle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight people, four a page; a page that is a little short is not taken for the last."""
    monkeypatch.setattr("lti.platforms.moodle._PEOPLE_A_PAGE", 4)

    assert len(moodle.people(COURSE)) == 8
    pages = [form["options[1][value]"] for form in simulator.calls("core_enrol_get_enrolled_users")]
    assert pages == ["0", "4", "8"]


def test_competencies_that_may_not_be_read_are_a_fault(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """A missing right is not «no competencies»."""
    place = ("core_competency_list_course_competencies", key({"id": 3}))
    simulator.answers[place] = refusal("nopermissions")

    with pytest.raises(PlatformError) as raised:
        next(moodle.read(COURSE))

    assert (raised.value.fault, raised.value.place) == (Fault.NO_ACCESS, place[0])


def test_a_quiz_that_may_not_be_read_is_a_fault(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Only «invalidresponse» is the trace of Safe Exam Browser."""
    simulator.answers["mod_quiz_get_quiz_access_information", key({"quizid": 4})] = refusal("nopermissions")

    with pytest.raises(PlatformError) as raised:
        next(moodle.read(COURSE))

    assert raised.value.fault is Fault.NO_ACCESS


def test_other_courses_of_a_person_are_not_asked_for(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Only the fields that feed an element, see the README."""
    moodle.people(COURSE)

    (form,) = simulator.calls("core_enrol_get_enrolled_users")
    assert "enrolledcourses" not in form["options[0][value]"]


def test_an_unknown_course_is_a_named_error(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Moodle answers with an empty list and no warning."""
    simulator.answers["core_course_get_courses_by_field", key({"field": "id", "value": 77})] = {
        "courses": [],
        "warnings": [],
    }

    with pytest.raises(PlatformError) as raised:
        moodle.course(CourseId("77"))

    assert raised.value.fault is Fault.NOT_FOUND
