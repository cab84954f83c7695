"""Moodle as a platform: what its web services show of a course, as assessment records (stage 2, «read»).

Lists come first, for everybody at once: course, people, grades, competencies, quiz settings. Completion and ratings
have none and are asked learner by learner (in batches where the service allows it; but see ``moodle_report``).

Quirks, each seen on Moodle 4.5.6:

- A learner is who holds learner roles only and is gradable. Roster and launch disagree about non-editing teachers,
  so the roles of the web service decide; an enrolled person whom the gradebook does not count is suspended.
- An automatic rule rates everybody, also as «not yet competent»: only the proficiency flag is passed on.
- A quiz that requires Safe Exam Browser cannot be described by Moodle (``invalidresponse``): that refusal is the
  only trace of the requirement that the web service gives.
- The course's completion has no time of its own: the time of the last criterion stands for it.
- Passwords of quizzes come to some roles in clear: they are dropped while reading.

What is left to the caller: keeping records, deciding anything, and reading again right before issuing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from lti.errors import Fault, PlatformError
from lti.network import Network
from lti.platforms import LEARNING, no_longer_learning
from lti.platforms import moodle_records as records
from lti.platforms.messaging import Message
from lti.platforms.moodle_learner import Lists, single_records
from lti.platforms.moodle_preflight import preflight
from lti.platforms.moodle_report import records_by_report
from lti.platforms.moodle_service import BATCH, Call, MoodleService
from lti.platforms.moodle_shapes import (
    CourseCompetency,
    Courses,
    GradableUsers,
    GradeReport,
    Quiz,
    QuizAccess,
    Quizzes,
    SentMessage,
    Site,
    User,
    UserGrades,
)
from lti.preflight import Finding
from lti.schemas import load, load_all
from mappings.assessment import (
    ActivityId,
    AssessmentRecord,
    CompetencyId,
    Course,
    CourseId,
    Learner,
    LearnerId,
    PlatformId,
    SupervisionEvidence,
)

T = TypeVar("T")

_PEOPLE_A_PAGE = 1000
_LEARNERS_A_ROUND = 20
_HTML = 1
"""``FORMAT_HTML``."""
_FEW = 40
"""So many learners are asked for by name, in a few requests; of more, the grades of the course come at once."""

_USER_FIELDS = "id,firstname,lastname,fullname,email,idnumber,lastcourseaccess,roles"
"""What is asked of a person: by default Moodle would also tell the other courses they are in."""


@dataclass(frozen=True, slots=True)
class MoodleSettings:
    """What an institution states about its Moodle.

    ``learner_roles`` are short names of the roles that learners hold: ``student``, and any role of the
    institution's own with the archetype «student» (the web service does not tell archetypes).
    """

    learner_roles: frozenset[str] = frozenset({"student"})
    completion_report: str = ""
    """Id of the report of those who have not completed their course (:mod:`lti.platforms.moodle_report`)."""


class Moodle:
    """One connected Moodle (a :class:`~lti.platforms.Platform`)."""

    def __init__(
        self,
        platform: PlatformId,
        service: MoodleService,
        settings: MoodleSettings | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.id = platform
        self._service = service
        self._settings = settings or MoodleSettings()
        self._clock = clock
        self._report = ""

    @classmethod
    def connect(
        cls, platform: PlatformId, url: str, token: str, network: Network, settings: MoodleSettings | None = None
    ) -> Moodle:
        """Return the Moodle at ``url`` (its wwwroot), read with the token of the minimal role."""
        return cls(platform, MoodleService(url, token, network), settings)

    def in_brief(self) -> Moodle:
        """Return it read in brief, where there is a report (:class:`lti.platforms.brevity.ReadsInBrief`)."""
        brief = copy(self)
        brief._report = self._settings.completion_report
        return brief

    def course(self, course: CourseId) -> Course:
        """Return what Moodle says about the course."""
        found = self._ask(Courses, "core_course_get_courses_by_field", field="id", value=course).courses
        if not found:
            raise PlatformError(Fault.NOT_FOUND, "core_course_get_courses_by_field")
        return records.course_of(found[0], self.id, self._service.url)

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Return everybody enrolled; roles and gradebook together say who is a learner."""
        users, gradable = self._everybody(course)
        return tuple(self._learner(user, gradable) for user in users.values())

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield the records that :meth:`lti.platforms.Platform.read` promises.

        A fault with one learner is raised after all others were yielded.
        """
        lists = self._lists(course, learners)
        wanted = self._wanted(lists, learners, since)
        yield from (told := self._by_report(lists, wanted) if learners is None else {}).values()
        singly = [learner for learner in wanted if learner.id not in told]
        faults: list[PlatformError] = []
        for start in range(0, len(singly), _LEARNERS_A_ROUND):
            yield from single_records(self._service, lists, singly[start : start + _LEARNERS_A_ROUND], faults)
        yield from no_longer_learning(learners or (), lists.learners.values(), lists.course, lists.read_at)
        if faults:
            raise faults[0]

    def message(
        self,
        course: CourseId,  # noqa: ARG002 - Moodle knows people by one id in all courses
        learner: LearnerId,
        message: Message,
    ) -> None:
        """Send an instant message in the name of the account (:class:`lti.platforms.messaging.Messaging`).

        Moodle answers 200 with a message id of -1 where the person takes none from that account; its sentence is in
        the language of the account and is not repeated.
        """
        function = "core_message_send_instant_messages"
        one = {"touserid": learner, "text": message.html, "textformat": _HTML}
        answers = load_all(SentMessage, self._service.act(Call(function, {"messages": [one]})), place=function)
        if len(answers) != 1:
            raise PlatformError(Fault.MALFORMED_ANSWER, function, detail=f"{len(answers)} answers")
        if answers[0].msgid < 0:
            raise PlatformError(Fault.NOT_WANTED, function)

    def preflight(self, course: CourseId | None) -> tuple[Finding, ...]:
        """Try whether all can be read that a credential needs."""
        return preflight(self._service, course, self._settings.completion_report)

    def _lists(self, course: CourseId, learners: Collection[LearnerId] | None) -> Lists:
        read_at = self._clock()
        site = self._ask(Site, "core_webservice_get_site_info")
        users, gradable = self._everybody(course)
        named = [learner for learner in learners or () if learner in gradable]
        grades = self._grades(course, named, batch=BATCH in site.names)
        return Lists(
            course=self.course(course),
            users=users,
            learners={user.id: self._learner(user, gradable) for user in users.values()},
            grades={one.userid: one for one in grades},
            activities=tuple(records.activities_of(grades, self._service.url).values()),
            supervision=self._supervision(course, read_at, batch=BATCH in site.names),
            rated=bool(self._competencies(course)),
            batch=BATCH in site.names,
            read_at=read_at,
        )

    def _grades(self, course: CourseId, learners: Sequence[LearnerId], *, batch: bool) -> tuple[UserGrades, ...]:
        """Return the grades of the whole course, or of a few learners each: of a large class much less for Moodle."""
        function = "gradereport_user_get_grade_items"
        if not 0 < len(learners) <= _FEW:
            return self._ask(GradeReport, function, courseid=course).usergrades
        calls = [Call(function, {"courseid": course, "userid": learner}) for learner in learners]
        return tuple(
            grades
            for answer in self._service.call_each(calls, batch=batch)
            for grades in load(GradeReport, _no_fault(answer), place=function).usergrades
        )

    def _by_report(self, lists: Lists, wanted: Sequence[Learner]) -> dict[LearnerId, AssessmentRecord]:
        """Return, in a reading in brief, the records of those whom the report shows as unfinished."""
        if not (wanted and self._report):
            return {}
        return {each.learner.id: each for each in records_by_report(self._service, self._report, lists, wanted)}

    def _wanted(
        self, lists: Lists, learners: Collection[LearnerId] | None, since: datetime | None
    ) -> tuple[Learner, ...]:
        """Return whom to read one by one: learners and suspended ones that were asked for and may have changed."""
        return tuple(
            learner
            for learner in lists.learners.values()
            if learner.standing in LEARNING
            and (learners is None or learner.id in learners)
            and (since is None or records.changed_since(since, lists.users[learner.id], lists.grades.get(learner.id)))
        )

    def _ask(self, shape: type[T], function: str, **arguments: object) -> T:
        return load(shape, self._service.call(Call(function, arguments)), place=function)

    def _learner(self, user: User, gradable: Collection[str]) -> Learner:
        return records.learner_of(user, gradable, self._settings.learner_roles)

    def _everybody(self, course: CourseId) -> tuple[dict[str, User], frozenset[str]]:
        """Return everybody enrolled, and the ids of those whom the gradebook counts.

        Moodle leaves people whom the account may not see out of the first list in silence (without
        ``moodle/user:viewdetails``, or in separate groups), but not out of the second: then a right is missing.
        """
        users = {user.id: user for user in self._users(course)}
        gradable = self._gradable(course)
        # Asked once more: somebody may have enrolled between the two lists.
        if gradable - users.keys() and gradable - {user.id for user in self._users(course)}:
            raise PlatformError(Fault.NO_ACCESS, "core_enrol_get_enrolled_users", detail="people are left out")
        return users, gradable

    def _users(self, course: CourseId) -> Iterator[User]:
        """Yield everybody enrolled. An account that sees nobody lacks a right: even a new course has its teacher."""
        function, seen = "core_enrol_get_enrolled_users", 0
        while True:
            options = {"userfields": _USER_FIELDS, "limitfrom": seen, "limitnumber": _PEOPLE_A_PAGE}
            arguments = {"courseid": course, "options": [{"name": n, "value": v} for n, v in options.items()]}
            page = load_all(User, self._service.call(Call(function, arguments)), place=function)
            yield from page
            seen += _PEOPLE_A_PAGE
            # Moodle leaves out whom it may not show, so a page that is a little short need not be the last one.
            if len(page) < _PEOPLE_A_PAGE // 2:
                break
        if not page and seen == _PEOPLE_A_PAGE:
            raise PlatformError(Fault.NO_ACCESS, function, detail="nobody is visible")

    def _gradable(self, course: CourseId) -> frozenset[str]:
        answer = self._ask(GradableUsers, "core_grades_get_gradable_users", courseid=course, onlyactive=True)
        return frozenset(user.id for user in answer.users)

    def competencies(self, course: CourseId) -> dict[CompetencyId, str]:
        """Name the course's competencies (:class:`lti.platforms.naming.NamesCompetencies`)."""
        listed = (each.competency for each in self._competencies(course))
        return {records.competency_id(each): each.shortname for each in listed}

    def _competencies(self, course: CourseId) -> tuple[CourseCompetency, ...]:
        """Return the competencies of the course; none where the site does not use them."""
        function = "core_competency_list_course_competencies"
        try:
            answer = self._service.call(Call(function, {"id": course}))
        except PlatformError as error:
            if error.fault is Fault.NOT_USED:
                return ()
            raise
        return tuple(load_all(CourseCompetency, answer, place=function))

    def _supervision(self, course: CourseId, at: datetime, *, batch: bool) -> tuple[SupervisionEvidence, ...]:
        """Return what the settings of the quizzes say about how they are sat."""
        quizzes = self._ask(Quizzes, "mod_quiz_get_quizzes_by_courses", courseids=[course]).quizzes
        calls = [Call("mod_quiz_get_quiz_access_information", {"quizid": quiz.id}) for quiz in quizzes]
        answers = self._service.call_each(calls, batch=batch)
        return tuple(
            evidence for quiz, answer in zip(quizzes, answers, strict=True) for evidence in _settings(quiz, answer, at)
        )


def _no_fault(answer: object | PlatformError) -> object:
    if isinstance(answer, PlatformError):
        raise answer
    return answer


def _settings(quiz: Quiz, answer: object | PlatformError, at: datetime) -> Iterator[SupervisionEvidence]:
    activity, rules = ActivityId(quiz.coursemodule), records.rules_of(quiz)
    if isinstance(answer, PlatformError):
        if answer.fault is not Fault.INVALID_RESPONSE:
            raise answer
        yield records.undescribed(activity, at)
    else:
        rules |= set(load(QuizAccess, answer, place="mod_quiz_get_quiz_access_information").activerulenames)
    for rule in sorted(rules):
        if evidence := records.setting_of(activity, rule, at):
            yield evidence
