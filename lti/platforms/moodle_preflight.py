"""Whether the account of a Moodle connection can read what a credential needs; fixes in Moodle's own words (4.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial

from lti.errors import Fault, PlatformError
from lti.platforms.moodle_report import FIX as REPORT_FIX
from lti.platforms.moodle_report import FUNCTION as REPORT
from lti.platforms.moodle_report import Unsuitable, unfinished
from lti.platforms.moodle_service import BATCH, Call, MoodleService
from lti.platforms.moodle_shapes import CourseCompletion, GradableUsers, GradeReport, NamedItems, Quizzes, Site
from lti.preflight import Finding, Need, Probe, Words, tried
from lti.schemas import load
from mappings.assessment import CourseId
from mappings.said import say

_CAPABILITIES = {
    "core_course_get_courses_by_field": "moodle/course:view, moodle/course:viewhiddencourses",
    "core_enrol_get_enrolled_users": "moodle/course:view, moodle/course:viewparticipants, "
    "moodle/site:accessallgroups, moodle/user:viewdetails, moodle/user:viewhiddendetails, moodle/user:viewalldetails, "
    "moodle/course:useremail",
    "core_grades_get_gradable_users": "moodle/course:viewparticipants",
    "gradereport_user_get_grade_items": "gradereport/user:view, moodle/grade:viewall, moodle/grade:viewhidden",
    "core_completion_get_course_completion_status": "report/completion:view",
    "core_completion_get_activities_completion_status": "report/progress:view",
    "core_competency_list_course_competencies": "moodle/competency:competencyview, "
    "moodle/competency:coursecompetencyview",
    "report_competency_data_for_report": "moodle/competency:usercompetencyview",
    "mod_quiz_get_quizzes_by_courses": "mod/quiz:view",
    "mod_quiz_get_quiz_access_information": "mod/quiz:view",
}
"""The capabilities that Moodle checks in each function, for the role of the account."""

WORDS = Words(
    launch=say(
        "Site administration > Plugins > Activity modules > External tool > Manage tools: press «Activate» at "
        "«Microcredential Bridge». Then open a course, turn editing on, «Add an activity or resource» > "
        "«Microcredential Bridge» > «Select content», save, and open the activity once."
    ),
    roster=say(
        "Manage tools > «Edit» (pencil) of «Microcredential Bridge» > Services > "
        "«IMS LTI Names and Role Provisioning»: "
        "choose «Use this service to retrieve members' information as per privacy settings» and save."
    ),
    connect=say(
        "Make the role, the account, the service «Credential bridge» and its token as docs/moodle.md says, and give "
        "the token with `microcred platform`."
    ),
)
_ADVISED = (
    (
        Need.MESSAGES,
        "core_message_send_instant_messages",
        say("Learners are not told in Moodle that their credential is ready."),
    ),
    (Need.SPEED, BATCH, say("Every learner needs two or three requests of their own.")),
)
_LISTS_FINISHED = say("The report that was named lists somebody who has completed the course: it is not used.")
_SEE_ACTIVITIES = say(
    "Site administration > Users > Permissions > Define roles > role of the account: allow mod/...:view of each "
    "kind of graded activity (mod/assign:view, mod/quiz:view, mod/lti:view ...) and moodle/course:viewhiddenactivities."
)
_GENERAL_FIXES = {
    Fault.TOKEN_REFUSED: say(
        "Site administration > Server > Web services > Manage tokens: create a token for the account and enter it here."
    ),
    Fault.NOT_FOUND: say("Check that the course exists, and that the function is part of this Moodle."),
    Fault.NO_COMPLETION: say("Course > Settings > Completion tracking: Yes; then Course > More > Course completion."),
    Fault.REDIRECTED: say("Enter the address exactly as Moodle's config.php has it in wwwroot."),
    Fault.ADDRESS_REFUSED: say("Add the network of this Moodle to the bridge's setting MICROCRED_PRIVATE_NETWORKS."),
    Fault.UNREACHABLE: say("Check the address, the name service and the firewall between the bridge and Moodle."),
    Fault.MALFORMED_ANSWER: say(
        "Site administration > Server > Web services > Manage protocols: enable the REST protocol."
    ),
}


@dataclass(frozen=True, slots=True)
class _Course:
    """What the first probes found, for the others to be tried on."""

    id: CourseId
    learner: str
    quiz: str


def preflight(service: MoodleService, course: CourseId | None, report: str = "") -> tuple[Finding, ...]:
    """Try everything on ``course``. Without a learner, or a quiz, what needs one is not tried and not listed.

    Without a course it is only seen whether the service has the functions. ``report`` is the id of the completion
    report, empty where none is used.
    """
    first = tried(Probe(Need.CONNECTION, (), "core_webservice_get_site_info", lambda: _site(service)), fix_of)
    if not first.works:
        return (first,)
    if course is None:
        functions = (_in_service(each, _site(service)) for each in _FUNCTIONS)
        return (first, *functions, *_advised(service), *_report(service, report, course))
    found = _Course(course, next(iter(_learners(service, course)), ""), _first_quiz(service, course))
    findings = tuple(tried(probe, fix_of) for probe in _probes(service, found))
    advice = (*_advised(service), *_report(service, report, course))
    return (first, *findings, *_left_out(service, course), *advice)


_FUNCTIONS = (
    (Need.COURSE, ("M2",), "core_course_get_courses_by_field"),
    (Need.ROSTER, ("M1",), "core_enrol_get_enrolled_users"),
    (Need.ROSTER, ("M1",), "core_grades_get_gradable_users"),
    (Need.GRADES, ("M9", "O3"), "gradereport_user_get_grade_items"),
    (Need.COMPLETION, (), "core_completion_get_course_completion_status"),
    (Need.COMPLETION, ("M6",), "core_completion_get_activities_completion_status"),
    (Need.OUTCOMES, ("M6",), "core_competency_list_course_competencies"),
    (Need.OUTCOMES, ("M6",), "report_competency_data_for_report"),
    (Need.PROCTORING, ("O2",), "mod_quiz_get_quizzes_by_courses"),
    (Need.PROCTORING, ("O2",), "mod_quiz_get_quiz_access_information"),
)


def _in_service(wanted: tuple[Need, tuple[str, ...], str], site: Site) -> Finding:
    need, feeds, function = wanted

    def look() -> None:
        if function not in site.names:
            raise PlatformError(Fault.MISSING_FUNCTION, function)

    return tried(Probe(need, feeds, function, look), fix_of)


def fix_of(error: PlatformError) -> str:
    """Return what an administrator of Moodle has to do; empty where there is nothing but to try again."""
    if error.fault is Fault.MISSING_FUNCTION:
        return say(
            "Site administration > Server > Web services > External services > Functions: add %(function)s.",
            function=error.place,
        )
    if error.fault is Fault.NO_ACCESS and error.place in _CAPABILITIES:
        return say(
            "Site administration > Users > Permissions > Define roles > role of the account: allow %(rights)s.",
            rights=_CAPABILITIES[error.place],
        )
    return _GENERAL_FIXES.get(error.fault, "")


def _probes(service: MoodleService, found: _Course) -> Iterator[Probe]:
    course = {"courseid": found.id}
    by_field = {"field": "id", "value": found.id}
    yield _probe(service, Need.COURSE, ("M2",), Call("core_course_get_courses_by_field", by_field), Fault.NOT_FOUND)
    yield _probe(service, Need.ROSTER, ("M1",), Call("core_enrol_get_enrolled_users", course), Fault.NO_ACCESS)
    yield _probe(service, Need.ROSTER, ("M1",), Call("core_grades_get_gradable_users", course))
    yield _probe(service, Need.GRADES, ("M9", "O3"), Call("gradereport_user_get_grade_items", course))
    yield _probe(service, Need.OUTCOMES, ("M6",), Call("core_competency_list_course_competencies", {"id": found.id}))
    yield _probe(service, Need.PROCTORING, ("O2",), Call("mod_quiz_get_quizzes_by_courses", {"courseids": [found.id]}))
    if found.quiz:
        access = Call("mod_quiz_get_quiz_access_information", {"quizid": found.quiz})
        yield _probe(service, Need.PROCTORING, ("O2",), access)
    if found.learner:
        who = {**course, "userid": found.learner}
        yield _probe(service, Need.COMPLETION, (), Call("core_completion_get_course_completion_status", who))
        yield _probe(service, Need.COMPLETION, ("M6",), Call("core_completion_get_activities_completion_status", who))
        report = Call("report_competency_data_for_report", {**who, "moduleid": 0})
        yield _probe(service, Need.OUTCOMES, ("M6",), report)


def _probe(service: MoodleService, need: Need, feeds: tuple[str, ...], call: Call, empty: Fault | None = None) -> Probe:
    """Return a probe of one function; ``empty`` is what an empty list means where it must not be empty."""
    return Probe(need, feeds, call.function, partial(_attempt, service, call, empty))


def _attempt(service: MoodleService, call: Call, empty: Fault | None) -> None:
    try:
        answer = service.call(call)
    except PlatformError as error:
        # Competencies that the site does not use, and a quiz that Moodle cannot describe, are as good as read.
        if error.fault in {Fault.NOT_USED, Fault.INVALID_RESPONSE}:
            return
        raise
    if empty is not None and answer in ([], {"courses": [], "warnings": []}):
        raise PlatformError(empty, call.function)


def _left_out(service: MoodleService, course: CourseId) -> tuple[Finding, ...]:
    """Say which graded activities Moodle leaves out of the grades, in silence, because the account may not see them."""
    place, report = "core_grades_get_gradeitems", "gradereport_user_get_grade_items"
    try:
        named = load(NamedItems, service.call(Call(place, {"courseid": course})), place=place).gradeItems
        graded = load(GradeReport, service.call(Call(report, {"courseid": course})), place=report).usergrades
    except PlatformError:
        return ()  # advice only: what cannot be read at all is told by its own probe
    shown = {item.id for user in graded for item in user.gradeitems}
    missing = [item.itemname for item in named if item.id not in shown]
    if not graded or not missing:
        return (Finding(Need.GRADES, ("M9", "O3"), place),)
    problem = say("Moodle leaves out the grades of: %(activities)s.", activities=tuple(missing))
    return (Finding(Need.GRADES, ("M9", "O3"), place, problem, _SEE_ACTIVITIES),)


def _advised(service: MoodleService) -> Iterator[Finding]:
    """Say what is not needed but helps. Whether a person takes messages shows only when one is sent."""
    names = _site(service).names
    for need, function, without in _ADVISED:
        advice = say(
            "Advised: Site administration > Server > Web services > External services > Functions: add %(function)s.",
            function=function,
        )
        yield Finding(need, (), function) if function in names else Finding(need, (), function, without, advice)


def _report(service: MoodleService, report: str, course: CourseId | None) -> Iterator[Finding]:
    """Say whether the report that was named tells who has not completed, and tells the truth about one of them.

    Where it cannot be used everybody is asked singly: slower, and nothing else.
    """
    if not report:
        return
    try:
        people = unfinished(service, report)
        problem = _LISTS_FINISHED if course and _has_finished(service, course, people.of(course)) else ""
        yield Finding(Need.SPEED, (), REPORT, problem, REPORT_FIX if problem else "")
    except Unsuitable as error:
        yield Finding(Need.SPEED, (), REPORT, error.problem, REPORT_FIX)
    except PlatformError as error:
        missing = error.fault is Fault.MISSING_FUNCTION
        yield Finding(Need.SPEED, (), REPORT, error.sentence, fix_of(error) if missing else REPORT_FIX, error.code)


def _has_finished(service: MoodleService, course: CourseId, listed: Collection[str]) -> bool:
    """Ask singly of the first learner who is listed whether they have completed the course after all."""
    place = "core_completion_get_course_completion_status"
    learner = next((each for each in _learners(service, course) if each in listed), "")
    if not learner:
        return False
    try:
        answer = service.call(Call(place, {"courseid": course, "userid": learner}))
    except PlatformError:
        return False  # its own probe tells why
    return load(CourseCompletion, answer, place=place).completionstatus.completed


def _site(service: MoodleService) -> Site:
    place = "core_webservice_get_site_info"
    return load(Site, service.call(Call(place)), place=place)


def _learners(service: MoodleService, course: CourseId) -> tuple[str, ...]:
    place = "core_grades_get_gradable_users"
    try:
        answer = service.call(Call(place, {"courseid": course, "onlyactive": True}))
        return tuple(user.id for user in load(GradableUsers, answer, place=place).users)
    except PlatformError:
        return ()  # its own probe tells why


def _first_quiz(service: MoodleService, course: CourseId) -> str:
    place = "mod_quiz_get_quizzes_by_courses"
    try:
        quizzes = load(Quizzes, service.call(Call(place, {"courseids": [course]})), place=place).quizzes
    except PlatformError:
        return ""
    return quizzes[0].id if quizzes else ""
