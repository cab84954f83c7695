"""The preflight of a connection: everything green, or red with the fix in the LMS's own words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lti.authorization import as_credential, token_source
from lti.platforms.canvas import Canvas
from lti.platforms.moodle import Moodle
from lti.platforms.moodle_service import BATCH
from lti.preflight import Finding, Need, checks
from lti.tokens import FixedToken, TokensInMemory
from mappings.assessment import CourseId, PlatformId
from tests.lti.conftest import LOCAL
from tests.simulators.canvas import CLIENT_ID, CLIENT_SECRET, CanvasSimulator
from tests.simulators.moodle import MoodleSimulator, key, refusal
from tests.simulators.server import Reply

ITEMS = "core_grades_get_gradeitems"
ADA101, DATA_ETHICS = CourseId("3"), CourseId("565")


def red(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    """Return what does not work, by the function or path that was tried."""
    return {finding.place: finding for finding in findings if not finding.works}


def test_a_moodle_with_the_minimal_role_is_green_but_slow(moodle: Moodle) -> None:
    """As recorded; each need is told with the elements that it feeds."""
    findings = moodle.preflight(ADA101)

    assert list(red(findings)) == [ITEMS, BATCH]
    assert {finding.need for finding in findings} >= set(Need) - {Need.LAUNCH, Need.MESSAGES}
    assert {code for finding in findings for code in finding.feeds} == {"M1", "M2", "M6", "M9", "O2", "O3"}


def test_grades_that_moodle_leaves_out_are_found_out(moodle: Moodle) -> None:
    """As recorded: the account had no ``mod/lti:view``, and nothing but the list of columns told."""
    finding = red(moodle.preflight(ADA101))[ITEMS]

    assert finding.problem == "Moodle leaves out the grades of: Credential desk, My credentials (deep linked)."
    assert "mod/lti:view" in finding.fix


def test_a_moodle_that_shows_and_batches_everything_is_green() -> None:
    """The advice is followed."""
    with MoodleSimulator(batch=True) as running:
        items = running.answers[ITEMS, key({"courseid": 3})]["gradeItems"]
        items[:] = [item for item in items if item["id"] in {"6", "7", "8"}]
        moodle = Moodle.connect(PlatformId("moodle"), running.url, running.token, LOCAL)

        assert red(moodle.preflight(ADA101)) == {}


def test_a_function_outside_the_service_is_named_with_its_place(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Where IT adds it."""
    site = simulator.answers["core_webservice_get_site_info", ()]
    missing = "gradereport_user_get_grade_items"
    site["functions"] = [entry for entry in site["functions"] if entry["name"] != missing]

    finding = red(moodle.preflight(ADA101))[missing]

    assert finding.need is Need.GRADES
    assert finding.fix == (
        "Site administration > Server > Web services > External services > Functions: "
        "add gradereport_user_get_grade_items."
    )


@pytest.mark.parametrize(
    ("function", "arguments", "capability"),
    [
        ("gradereport_user_get_grade_items", {"courseid": 3}, "moodle/grade:viewall"),
        ("core_completion_get_course_completion_status", {"courseid": 3, "userid": 4}, "report/completion:view"),
        ("mod_quiz_get_quizzes_by_courses", {"courseids[0]": 3}, "mod/quiz:view"),
        ("core_competency_list_course_competencies", {"id": 3}, "moodle/competency:coursecompetencyview"),
    ],
)
def test_a_missing_right_is_named_with_its_capability(
    simulator: MoodleSimulator, moodle: Moodle, function: str, arguments: dict[str, object], capability: str
) -> None:
    """For the role of the account."""
    simulator.answers[function, key(arguments)] = refusal("nopermissions")

    finding = red(moodle.preflight(ADA101))[function]

    assert finding.fix.startswith(
        "Site administration > Users > Permissions > Define roles > role of the account: allow"
    )
    assert capability in finding.fix


def test_a_wrong_token_ends_the_preflight(simulator: MoodleSimulator) -> None:
    """Nothing else could be said."""
    moodle = Moodle.connect(PlatformId("moodle"), simulator.url, "f" * 32, LOCAL)

    (finding,) = moodle.preflight(ADA101)

    assert finding.need is Need.CONNECTION
    assert "Manage tokens" in finding.fix


def test_a_course_that_is_not_there_is_red(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Moodle answers with an empty list."""
    empty = {"courses": [], "warnings": []}
    simulator.answers["core_course_get_courses_by_field", key({"field": "id", "value": 3})] = empty

    assert "core_course_get_courses_by_field" in red(moodle.preflight(ADA101))


def test_a_roster_that_shows_nobody_is_red(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Separate groups hide everybody from an account without the right."""
    simulator.answers["core_enrol_get_enrolled_users", key({"courseid": 3})] = []

    assert "moodle/site:accessallgroups" in red(moodle.preflight(ADA101))["core_enrol_get_enrolled_users"].fix


def test_a_course_without_completion_is_told_to_the_teacher(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """It can be read, but there is nothing to wait for."""
    place = ("core_completion_get_course_completion_status", key({"courseid": 3, "userid": 4}))
    simulator.answers[place] = refusal("nocriteriaset")

    assert "Completion tracking: Yes" in red(moodle.preflight(ADA101))[place[0]].fix


def test_what_a_site_does_not_use_is_no_problem(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Competencies switched off; a quiz that Moodle cannot describe (Safe Exam Browser)."""
    simulator.answers["core_competency_list_course_competencies", key({"id": 3})] = refusal("competenciesarenotenabled")
    simulator.answers["mod_quiz_get_quiz_access_information", key({"quizid": 3})] = refusal("invalidresponse")

    assert list(red(moodle.preflight(ADA101))) == [ITEMS, BATCH]


@pytest.fixture
def canvas_simulator() -> Iterator[CanvasSimulator]:
    """Serve the course «Introduction to Data Ethics»."""
    with CanvasSimulator() as running:
        running.tokens.add("made-by-hand")
        yield running


@pytest.fixture
def canvas(canvas_simulator: CanvasSimulator) -> Canvas:
    """Connect with a token that works."""
    return Canvas.connect(PlatformId("canvas"), canvas_simulator.url, FixedToken("made-by-hand"), LOCAL)


def test_a_canvas_with_all_scopes_is_green(canvas: Canvas) -> None:
    """Every list of the table of the README is tried."""
    findings = canvas.preflight(DATA_ETHICS)

    assert red(findings) == {}
    assert len(findings) >= 9


def test_a_course_without_module_requirements_is_no_problem(canvas_simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Canvas answers 400, which is an answer."""
    canvas_simulator.course.module_based = False

    assert red(canvas.preflight(DATA_ETHICS)) == {}


def test_a_list_that_may_not_be_read_names_scopes_and_permissions(
    canvas_simulator: CanvasSimulator, canvas: Canvas
) -> None:
    """In Canvas' words."""
    canvas_simulator.forbidden.add("bulk_user_progress")

    findings = red(canvas.preflight(DATA_ETHICS))

    assert list(findings) == ["bulk_user_progress"]
    assert "Developer Keys" in findings["bulk_user_progress"].fix
    assert "View all grades" in findings["bulk_user_progress"].fix


def test_a_key_that_may_not_include_is_found_out(canvas_simulator: CanvasSimulator, canvas: Canvas) -> None:
    """Canvas itself says nothing."""
    canvas_simulator.includes = False

    assert red(canvas.preflight(DATA_ETHICS))["include[]"].fix.endswith("tick Allow Include Parameters.")


def test_a_token_that_was_taken_back_ends_the_preflight(canvas_simulator: CanvasSimulator) -> None:
    """Somebody has to authorise the bridge again."""
    canvas = Canvas.connect(PlatformId("canvas"), canvas_simulator.url, FixedToken("taken-back"), LOCAL)

    (finding,) = canvas.preflight(DATA_ETHICS)

    assert finding.code == "token_refused"
    assert finding.fix.startswith("Authorise the bridge again")


@pytest.mark.parametrize(
    ("refresh", "code"),
    [("taken-back", "authorization_ended"), ("", "not_authorized")],
    ids=["taken back", "never given"],
)
def test_an_authorisation_that_is_not_there_says_how_to_give_it(
    canvas_simulator: CanvasSimulator, refresh: str, code: str
) -> None:
    """With its own code, and nothing else is tried."""
    credential = as_credential(CLIENT_ID, CLIENT_SECRET, refresh)
    tokens = token_source(canvas_simulator.url, credential, LOCAL, TokensInMemory())

    (finding,) = Canvas.connect(PlatformId("canvas"), canvas_simulator.url, tokens, LOCAL).preflight(DATA_ETHICS)

    assert (finding.need, finding.code) == (Need.CONNECTION, code)
    assert "microcred authorise" in finding.fix


def test_without_a_course_a_canvas_is_only_knocked_at(canvas: Canvas) -> None:
    """That the token is good can be seen without any."""
    (finding,) = canvas.preflight(None)

    assert (finding.need, finding.works) == (Need.CONNECTION, True)


def test_without_a_course_a_moodle_shows_its_functions(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """What is missing in the service is missing in every course."""
    site = simulator.answers["core_webservice_get_site_info", ()]
    missing = "report_competency_data_for_report"
    site["functions"] = [entry for entry in site["functions"] if entry["name"] != missing]

    found = red(moodle.preflight(None))

    assert found[missing].need is Need.OUTCOMES
    assert "gradereport_user_get_grade_items" not in found


def a_finding(need: Need, problem: str = "", fix: str = "") -> Finding:
    """Something that was tried."""
    return Finding(need, ("M1",), "place", problem, fix)


def test_a_need_is_met_where_everything_that_was_tried_works() -> None:
    """In the order in which things are set up, whatever was tried first."""
    found = checks([a_finding(Need.GRADES), a_finding(Need.ROSTER, "No.", "Do this."), a_finding(Need.ROSTER)], "later")

    by_need = {check.need: check for check in found}
    assert list(by_need) == list(Need)
    assert (by_need[Need.GRADES].ok, by_need[Need.GRADES].fix) == (True, "")
    assert (by_need[Need.ROSTER].ok, by_need[Need.ROSTER].fix) == (False, "Do this.")
    assert (by_need[Need.OUTCOMES].ok, by_need[Need.OUTCOMES].fix) == (False, "later")


def test_a_fix_is_said_once() -> None:
    """However many things it mends; where there is none the problem is said."""
    (check,) = [
        each
        for each in checks([a_finding(Need.GRADES, "No.", "Do this.")] * 2 + [a_finding(Need.GRADES, "Away.")], "")
        if each.need is Need.GRADES
    ]

    assert check.fix == "Do this. Away."


def test_an_address_that_moved_says_what_to_enter(canvas_simulator: CanvasSimulator, canvas: Canvas) -> None:
    """A vanity address redirects to the institution's Canvas."""
    canvas_simulator.plan(lambda _: True, Reply(status=302, headers={"Location": "https://school.example/"}))

    (finding,) = canvas.preflight(DATA_ETHICS)

    assert "Canvas address" in finding.fix
