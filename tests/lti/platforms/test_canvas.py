"""Reading a composed course from Canvas' REST API over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from joserfc.jwk import RSAKey

from lti import gradebook, roster
from lti.errors import Fault, PlatformError
from lti.gradebook import read_line_items, read_results
from lti.platforms.canvas import MANNERS, Canvas
from lti.platforms.naming import NamesCompetencies
from lti.roster import read_roster
from lti.service import Manners, Service
from lti.tokens import Client, ClientCredentials, RefreshedToken, RefreshGrant, TokensInMemory, signer
from mappings.assessment import (
    Activity,
    ActivityId,
    AssessmentRecord,
    CourseId,
    Delivery,
    EvidenceSource,
    GradeState,
    LearnerId,
    PlatformId,
    Presence,
    Standing,
)
from tests.lti.conftest import LOCAL
from tests.simulators.canvas import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, CanvasSimulator, lti_id
from tests.simulators.canvas_course import large
from tests.simulators.server import Reply
from tests.simulators.token_desk import Client as RegisteredClient
from tests.simulators.token_desk import TokenDesk

COURSE = CourseId("565")
BRIDGED = PlatformId("canvas")
TERRENCE, MIRA, INES, JAN, CORA = (LearnerId(number) for number in ("48", "49", "50", "51", "52"))
EXAM, NEW_QUIZ, PORTFOLIO = (ActivityId(number) for number in ("355", "356", "357"))
AFTER_ALL = datetime(2026, 6, 1, tzinfo=UTC)
TOOL_KEY = RSAKey.generate_key(2048, private=True)
LTI_SCOPES = frozenset({roster.SCOPE, gradebook.LINE_ITEMS_SCOPE, gradebook.RESULTS_SCOPE})


def connect(simulator: CanvasSimulator, lti: Service | None = None, platform: PlatformId = BRIDGED) -> Canvas:
    """Return the Canvas of a bridge that somebody has authorised."""
    client = Client("https://canvas.instructure.com", CLIENT_ID, f"{simulator.url}/login/oauth2/token")
    tokens = RefreshedToken(RefreshGrant(client, CLIENT_SECRET, REFRESH_TOKEN), LOCAL, store=TokensInMemory())
    return Canvas.connect(platform, simulator.url, tokens, LOCAL, lti=lti)


@pytest.fixture
def simulator() -> Iterator[CanvasSimulator]:
    """Serve the course «Introduction to Data Ethics»."""
    desk = TokenDesk(RegisteredClient("tool-1", TOOL_KEY, LTI_SCOPES), checks_audience=True)
    with CanvasSimulator(desk=desk) as running:
        yield running


@pytest.fixture
def canvas(simulator: CanvasSimulator) -> Canvas:
    """Connect to it."""
    return connect(simulator)


@pytest.fixture
def records(canvas: Canvas) -> dict[LearnerId, AssessmentRecord]:
    """Read the whole course."""
    return {record.learner.id: record for record in canvas.read(COURSE)}


@pytest.fixture
def lti_service(simulator: CanvasSimulator) -> Service:
    """Read Canvas' LTI services as the registered tool."""
    return lti_of(simulator)


def lti_of(simulator: CanvasSimulator) -> Service:
    """Return the LTI services of a Canvas."""
    client = Client("https://canvas.instructure.com", "tool-1", f"{simulator.url}/login/oauth2/token")
    sign = signer(TOOL_KEY.as_pem(private=True), "key-1")
    return Service(ClientCredentials(client, LTI_SCOPES, sign, LOCAL, store=TokensInMemory()), LOCAL)


def test_only_students_are_read(records: dict[LearnerId, AssessmentRecord]) -> None:
    """No teacher, assistant, observer or Student View; each once, also who is in two sections."""
    assert {id_: record.learner.standing for id_, record in records.items()} == {
        TERRENCE: Standing.LEARNER,
        MIRA: Standing.LEARNER,
        INES: Standing.LEARNER,
        JAN: Standing.SUSPENDED,
        CORA: Standing.LEARNER,
    }


def test_student_view_is_a_preview(canvas: Canvas) -> None:
    """And the others are staff."""
    standing = {person.full_name: person.standing for person in canvas.people(COURSE)}

    assert standing["Test Student"] is Standing.PREVIEW
    assert {standing[name] for name in ("Thea Teacher", "Tim Assistant", "Otto Observer")} == {Standing.STAFF}


def test_a_student_who_also_assists_is_staff(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """In whatever section."""
    simulator.course.enroll(48, "Terrence Walls", "TaEnrollment")

    assert TERRENCE not in [record.learner.id for record in canvas.read(COURSE)]


def test_a_concluded_enrollment_is_still_a_learners(records: dict[LearnerId, AssessmentRecord]) -> None:
    """Canvas leaves it out unless it is asked for."""
    assert records[CORA].learner.full_name == "Cora Concluded"


def test_names_are_split_as_canvas_sorts_them(records: dict[LearnerId, AssessmentRecord]) -> None:
    """«Family, Given»; the student number is the one of the student information system."""
    learner = records[TERRENCE].learner

    assert (learner.given_name, learner.family_name, learner.student_number) == ("Terrence", "Walls", "S-48")


@pytest.mark.parametrize(
    ("learner", "activity", "score", "state"),
    [
        (TERRENCE, EXAM, "13.5", GradeState.POSTED),
        (TERRENCE, NEW_QUIZ, "18.25", GradeState.POSTED),
        (MIRA, EXAM, "9.0", GradeState.PENDING_REGRADE),
        (MIRA, NEW_QUIZ, "7.0", GradeState.HIDDEN),
        (MIRA, PORTFOLIO, None, GradeState.UNGRADED),
        (INES, EXAM, None, GradeState.EXCUSED),
        (INES, NEW_QUIZ, "3.0", GradeState.PENDING_REGRADE),
    ],
)
def test_a_score_says_whether_it_stands(
    records: dict[LearnerId, AssessmentRecord],
    learner: LearnerId,
    activity: ActivityId,
    score: str | None,
    state: GradeState,
) -> None:
    """Handed in again after grading, review due, not posted, excused, not graded: each told apart."""
    result = records[learner].result_of(activity)

    assert result is not None
    assert (result.score.value, result.score.state) == (Decimal(score) if score else None, state)


def test_only_a_pass_fail_assignment_has_a_verdict(records: dict[LearnerId, AssessmentRecord]) -> None:
    """Canvas has no pass mark elsewhere."""
    passed = {result.activity: result.passed for result in records[TERRENCE].results}

    assert passed == {EXAM: None, NEW_QUIZ: None, PORTFOLIO: True}


def test_the_course_grade_is_the_final_one(records: dict[LearnerId, AssessmentRecord]) -> None:
    """In percent, missing work counted; a teacher's override wins and is said to be one."""
    final, override = records[TERRENCE].course_score, records[INES].course_score

    assert final is not None
    assert override is not None
    assert (final.value, final.maximum, final.overridden) == (Decimal("88.2"), 100, False)
    assert (override.value, override.overridden) == (Decimal("95.0"), True)


def test_module_requirements_are_the_completion(records: dict[LearnerId, AssessmentRecord]) -> None:
    """All met with a time, or how many are; nobody's list, nothing known."""
    terrence, mira = records[TERRENCE].completion, records[MIRA].completion

    assert (terrence.completed, terrence.completed_at) == (True, datetime(2026, 4, 10, 16, 26, 8, tzinfo=UTC))
    assert (mira.completed, mira.unmet) == (False, ("4 of 10 module requirements are met",))
    assert records[CORA].completion.completed is None


def test_a_course_without_module_requirements_has_no_completion(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Canvas answers 400; that is no fault."""
    simulator.course.module_based = False

    assert {record.completion.completed for record in canvas.read(COURSE)} == {None}


@pytest.mark.parametrize("includes", [True, False])
def test_mastery_is_a_score_at_the_mastery_points(simulator: CanvasSimulator, canvas: Canvas, includes: bool) -> None:
    """3 of 3 is proficient, 3.99 of 4 is not; also where the key may not include the outcomes."""
    simulator.includes = includes

    ratings = next(canvas.read(COURSE, [TERRENCE])).competencies

    assert [(one.competency, one.proficient) for one in ratings] == [("97", True), ("98", False)]
    assert ratings[0].title == "Explain bias in data"


def test_outcomes_are_named_by_the_id_of_their_ratings(simulator: CanvasSimulator) -> None:
    """Before anybody is scored they are known under the id that a score has later."""
    canvas = connect(simulator)
    rated = next(canvas.read(COURSE, [TERRENCE])).competencies

    assert isinstance(canvas, NamesCompetencies)
    assert canvas.competencies(COURSE).items() >= {each.competency: each.title for each in rated}.items()


def test_an_outcome_without_score_is_not_rated(records: dict[LearnerId, AssessmentRecord]) -> None:
    """It is not «not proficient»."""
    assert records[MIRA].competencies == ()


def test_settings_are_evidence_of_settings(records: dict[LearnerId, AssessmentRecord]) -> None:
    """LockDown, address and code say nothing of watching; Monitor suggests it; identity is nowhere known."""
    said = {(one.activity, one.method): one.supervision for one in records[TERRENCE].supervision}

    assert said == {
        (EXAM, "LockDown Browser required"): Presence.UNKNOWN,
        (EXAM, "LockDown Browser Monitor required"): Presence.ONLINE,
        (EXAM, "IP addresses restricted"): Presence.UNKNOWN,
        (EXAM, "access code required"): Presence.UNKNOWN,
        (NEW_QUIZ, "LockDown Browser required"): Presence.UNKNOWN,
        (NEW_QUIZ, "LockDown Browser Monitor required"): Presence.ONLINE,
        (NEW_QUIZ, "IP addresses restricted"): Presence.UNKNOWN,
        (NEW_QUIZ, "access code required"): Presence.UNKNOWN,
    }
    assert {one.source for one in records[TERRENCE].supervision} == {EvidenceSource.PLATFORM_SETTING}
    assert {one.identity_verified for one in records[TERRENCE].supervision} == {None}


def test_access_codes_are_not_kept(records: dict[LearnerId, AssessmentRecord]) -> None:
    """Canvas sends them to graders in clear, of both kinds of quiz."""
    read = repr(list(records.values()))

    assert "2beornot2be" not in read
    assert "ludwig van beethoven" not in read


def test_a_proctoring_vendors_tool_suggests_watching(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """By the host that the assignment opens, not by a look-alike."""
    tool = {"url": "https://app.eu1.honorlock.com/lti/launch"}
    other = {"url": "https://nothonorlock.com/lti/launch"}
    simulator.course.assign(358, "Oral", 10, external_tool_tag_attributes=tool)
    simulator.course.assign(359, "Essay", 10, external_tool_tag_attributes=other)

    evidence = [one for one in next(canvas.read(COURSE, [TERRENCE])).supervision if one.activity in {"358", "359"}]

    assert [(one.activity, one.supervision) for one in evidence] == [("358", Presence.ONLINE)]


def test_the_course_says_title_code_format_and_dates(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Times in UTC."""
    simulator.course.course["course_format"] = "blended"

    course = canvas.course(COURSE)

    assert (course.title, course.code) == ("Introduction to Data Ethics", "CS-101")
    assert (course.language, course.delivery) == ("en", Delivery.BLENDED)
    assert course.starts_at == datetime(2026, 1, 15, 7, tzinfo=UTC)
    assert course.url == f"{simulator.url}/courses/565"


def test_a_course_is_found_by_the_id_of_its_launch(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """The context id of a launch is opaque, and stays the id of the course."""
    context = CourseId(simulator.course.course["uuid"])

    record = next(canvas.read(context, [TERRENCE]))

    assert (record.course.id, record.learner.id) == (context, TERRENCE)


def test_people_are_known_by_the_id_of_their_launch(simulator: CanvasSimulator, lti_service: Service) -> None:
    """REST tells only numbers; the LTI roster tells both. Who is not active there gets no launch's id."""
    canvas = connect(simulator, lti=lti_service)

    learners = {record.learner.full_name: record.learner.id for record in canvas.read(COURSE)}

    assert learners["Terrence Walls"] == lti_id(48)
    assert learners["Jan Inactive"] == "canvas:51"
    assert [record.learner.full_name for record in canvas.read(COURSE, [LearnerId(lti_id(49))])] == ["Mira Olsen"]


def test_whoever_left_is_said_to_have_withdrawn(canvas: Canvas) -> None:
    """Asked for by name."""
    (record,) = canvas.read(COURSE, [LearnerId("999")])

    assert (record.learner.standing, record.results) == (Standing.WITHDRAWN, ())


def test_the_test_student_is_said_to_be_one(canvas: Canvas) -> None:
    """Asked for by name, Student View comes as a preview and nothing else."""
    (preview,) = (person.id for person in canvas.people(COURSE) if person.standing is Standing.PREVIEW)

    (record,) = canvas.read(COURSE, [preview])

    assert (record.learner.standing, record.results) == (Standing.PREVIEW, ())


def test_named_learners_are_read_without_the_others(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Their submissions only."""
    list(canvas.read(COURSE, [TERRENCE, MIRA]))

    (asked,) = [asked for asked in simulator.asked if "submissions" in asked.path]
    assert [value for name, value in asked.query if name == "student_ids[]"] == ["48", "49"]


def test_a_large_course_takes_at_most_forty_requests() -> None:
    """200 learners and six assessments, the LTI roster included; the second sync without changes far fewer."""
    desk = TokenDesk(RegisteredClient("tool-1", TOOL_KEY, LTI_SCOPES), checks_audience=True)
    with CanvasSimulator(large(), desk=desk) as simulator:
        canvas = connect(simulator, lti=lti_of(simulator))

        records = list(canvas.read(COURSE))
        first = len(simulator.asked)
        again = list(canvas.read(COURSE, since=AFTER_ALL))

    assert (len(records), {len(record.results) for record in records}) == (200, {6})
    assert first <= 40
    assert again == []
    assert len(simulator.asked) - first <= 20


def test_requests_are_made_one_at_a_time(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Canvas asks for one request in flight per token; ids come as texts because they are asked for so."""
    list(canvas.read(COURSE))

    rest = [asked for asked in simulator.asked if asked.path.startswith("/api/")]
    assert {asked.headers["accept"] for asked in rest} == {"application/json+canvas-string-ids"}
    assert {asked.argument("per_page", "100") for asked in rest} == {"100"}


@pytest.mark.parametrize(
    "change",
    [
        lambda course: course.submit(48, 357, 1.0, graded_at="2026-06-02T00:00:00Z"),
        lambda course: course.submit(48, 357, None, submitted_at="2026-06-02T00:00:00Z"),
        lambda course: course.enrollments[0].update(updated_at="2026-06-02T00:00:00Z"),
        lambda course: course.progress[0]["progress"].update(completed_at="2026-06-02T00:00:00Z"),
        lambda course: course.rollups[0]["scores"][0].update(submitted_at="2026-06-02T00:00:00Z"),
    ],
    ids=["graded", "submitted", "enrollment", "progress", "outcome"],
)
def test_a_change_brings_the_learner_back(simulator: CanvasSimulator, canvas: Canvas, change: object) -> None:
    """Whatever list shows it; and nobody else."""
    change(simulator.course)  # type: ignore[operator]

    assert [record.learner.id for record in canvas.read(COURSE, since=AFTER_ALL)] == [TERRENCE]


def test_an_ended_token_is_refreshed_while_reading(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """The answer's ``WWW-Authenticate`` says that it is the token."""
    canvas.course(COURSE)
    simulator.tokens.clear()

    assert len(list(canvas.read(COURSE))) == 5


@pytest.mark.parametrize(("path", "fault"), [("enrollments", Fault.NO_ACCESS), ("bulk_user_progress", Fault.NO_ACCESS)])
def test_a_missing_permission_is_named_and_not_refreshed(
    simulator: CanvasSimulator, canvas: Canvas, path: str, fault: Fault
) -> None:
    """401 without ``WWW-Authenticate``: the place says what the account may not read."""
    simulator.forbidden.add(path)

    with pytest.raises(PlatformError) as raised:
        list(canvas.read(COURSE))

    assert (raised.value.fault, raised.value.place.rpartition("/")[2]) == (fault, path)
    assert len([asked for asked in simulator.asked if asked.path == "/login/oauth2/token"]) == 1


def test_a_canvas_without_new_quizzes_is_read(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """They are a product of their own: 404 is no fault there, and no scope allows the other list."""
    simulator.plan(lambda asked: asked.path.startswith("/api/quiz/"), Reply({}, status=404))
    simulator.forbidden.add("all_quizzes")

    evidence = next(canvas.read(COURSE, [TERRENCE])).supervision

    assert [one.method for one in evidence if one.activity == NEW_QUIZ] == ["LockDown Browser required"]


def test_quizzes_that_may_not_be_read_are_a_fault(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """A missing permission is not «no quizzes»."""
    simulator.forbidden.add("/api/v1/courses/565/quizzes")

    with pytest.raises(PlatformError) as raised:
        list(canvas.read(COURSE))

    assert raised.value.fault is Fault.NO_ACCESS


def test_a_course_without_quizzes_asks_for_none(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Neither kind."""
    simulator.course.assignments = [row for row in simulator.course.assignments if row["id"] == 357]

    record = next(canvas.read(COURSE, [TERRENCE]))

    assert [result.activity for result in record.results] == [PORTFOLIO]
    assert [asked for asked in simulator.asked if "quizzes" in asked.path] == []


def test_a_course_grade_that_may_not_be_seen_is_none(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Canvas leaves the grades out; that is not «ungraded»."""
    del simulator.course.enrollments[0]["grades"]

    assert next(canvas.read(COURSE, [TERRENCE])).course_score is None


@pytest.mark.parametrize("throttle", [Reply(status=429), Reply(b"403 Forbidden (Rate Limit Exceeded)", status=403)])
def test_a_throttled_course_is_read_to_its_end(simulator: CanvasSimulator, throttle: Reply) -> None:
    """Nothing is missing after the waits."""
    waited: list[float] = []
    canvas = connect(simulator)
    canvas._service._manners = Manners(bare_401=False, accept=MANNERS.accept, sleep=waited.append)
    simulator.plan(lambda asked: "submissions" in asked.path, throttle, throttle)

    records = list(canvas.read(COURSE))

    assert sum(len(record.results) for record in records) == 8
    assert waited == [1.0, 2.0]


def test_ids_beyond_53_bits_stay_exact(simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Users of another shard have global ids."""
    simulator.course.enroll(21070000000000565, "Global Gaia")

    assert LearnerId("21070000000000565") in [person.id for person in canvas.people(COURSE)]


def test_the_roster_of_canvas_comes_fifty_a_page(simulator: CanvasSimulator, lti_service: Service) -> None:
    """Active enrollments only; Student View is a preview, an observer staff."""
    uuid = CourseId(simulator.course.course["uuid"])

    people = read_roster(lti_service, f"{simulator.url}/api/lti/courses/565/names_and_roles?limit=2", uuid)

    standing = {person.full_name: person.standing for person in people}
    assert standing["Test Student"] is Standing.PREVIEW
    assert {standing[name] for name in ("Thea Teacher", "Tim Assistant", "Otto Observer")} == {Standing.STAFF}
    assert "Jan Inactive" not in standing


def test_the_roster_of_another_canvas_course_is_refused(simulator: CanvasSimulator, lti_service: Service) -> None:
    """A launch names the course by its LTI id, and so does the roster."""
    uuid = CourseId(simulator.course.course["uuid"])
    other = Reply({"context": {"id": "another"}, "members": []})
    canvas = connect(simulator, lti=lti_service)
    assert canvas.people(uuid)
    simulator.plan(lambda asked: asked.path.endswith("/names_and_roles"), other)

    with pytest.raises(PlatformError) as raised:
        canvas.people(uuid)

    assert raised.value.fault is Fault.FOREIGN_COURSE


def test_results_of_a_concluded_course_are_gone(simulator: CanvasSimulator, lti_service: Service) -> None:
    """AGS answers 422 from then on; the REST API goes on."""
    items = f"{simulator.url}/api/lti/courses/565/line_items"
    (item,) = read_line_items(lti_service, items)
    assert [score.value for _, score in read_results(lti_service, item)] == [Decimal("45.0")]
    simulator.concluded = True

    with pytest.raises(PlatformError) as raised:
        read_line_items(lti_service, items)

    assert raised.value.fault is Fault.COURSE_CONCLUDED


def test_a_column_of_another_tool_is_refused(simulator: CanvasSimulator, lti_service: Service) -> None:
    """Canvas answers 412."""
    foreign = Activity(ActivityId(f"{simulator.url}/api/lti/courses/565/line_items/7"), "", "")

    with pytest.raises(PlatformError) as raised:
        list(read_results(lti_service, foreign))

    assert raised.value.fault is Fault.NO_ACCESS
