"""The shapes of Moodle's web-service answers, as far as the bridge reads them (Moodle 4.5, ``webservice/rest``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from lti.schemas import Amount, Epoch, Flag, Id, Maybe, OptionalId, OptionalWhole, Text, Texts, Whole, is_there


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the web service."""

    name: Id


@dataclass(frozen=True, slots=True)
class Site:
    """``core_webservice_get_site_info``: where the site is, and what this token may call."""

    siteurl: Id
    release: Text
    functions: tuple[Function, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of the functions that this token may call."""
        return frozenset(function.name for function in self.functions)


@dataclass(frozen=True, slots=True)
class MoodleCourse:
    """An entry of ``core_course_get_courses_by_field``. Without rights in the course only its names come."""

    id: Id
    fullname: Text
    shortname: Text
    summary: Text
    lang: Text
    startdate: Epoch
    enddate: Epoch


@dataclass(frozen=True, slots=True)
class Courses:
    """``core_course_get_courses_by_field``."""

    courses: tuple[MoodleCourse, ...]


@dataclass(frozen=True, slots=True)
class SentMessage:
    """An entry of ``core_message_send_instant_messages``: -1 where it was not sent."""

    msgid: Whole


@dataclass(frozen=True, slots=True)
class Role:
    """A role in the course, by its short name: ``student``, ``teacher``, or one the institution made."""

    shortname: Id


@dataclass(frozen=True, slots=True)
class User:
    """An entry of ``core_enrol_get_enrolled_users``: enrolled in any way, suspended included."""

    id: Id
    firstname: Text
    lastname: Text
    fullname: Text
    email: Text
    idnumber: OptionalId
    lastcourseaccess: Epoch
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Gradable:
    """Somebody actively enrolled in a role that the gradebook counts."""

    id: Id


@dataclass(frozen=True, slots=True)
class GradableUsers:
    """``core_grades_get_gradable_users``."""

    users: tuple[Gradable, ...]


@dataclass(frozen=True, slots=True)
class GradeItem:
    """One learner's grade in one item. ``graderaw`` is a number on ``0..grademax``, on a scale its position."""

    id: Id
    itemtype: Id
    itemname: Text
    itemmodule: Text
    itemnumber: OptionalWhole
    cmid: OptionalId
    outcomeid: OptionalId
    graderaw: Amount
    grademax: Amount
    gradedategraded: Epoch
    gradedatesubmitted: Epoch
    gradehiddenbydate: Flag
    gradeneedsupdate: Flag
    gradeishidden: Flag
    gradeisoverridden: Flag


@dataclass(frozen=True, slots=True)
class UserGrades:
    """All grades of one learner, the course total among them."""

    userid: Id
    gradeitems: tuple[GradeItem, ...]


@dataclass(frozen=True, slots=True)
class GradeReport:
    """``gradereport_user_get_grade_items``."""

    usergrades: tuple[UserGrades, ...]


@dataclass(frozen=True, slots=True)
class NamedItem:
    """A column of the gradebook, whoever may see its activity."""

    id: Id
    itemname: Text


@dataclass(frozen=True, slots=True)
class NamedItems:
    """``core_grades_get_gradeitems``."""

    gradeItems: tuple[NamedItem, ...]  # noqa: N815 - Moodle's spelling


@dataclass(frozen=True, slots=True)
class CriterionDetails:
    """``criteria`` is HTML or text in the language of the account."""

    criteria: Text


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of the course's completion."""

    complete: Flag
    timecompleted: Epoch
    title: Text
    details: CriterionDetails


@dataclass(frozen=True, slots=True)
class CompletionStatus:
    """Whether the course is completed; Moodle tells no time of the course itself here, only of each criterion."""

    completed: Flag
    completions: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class CourseCompletion:
    """``core_completion_get_course_completion_status``."""

    completionstatus: CompletionStatus


@dataclass(frozen=True, slots=True)
class ActivityStatus:
    """One activity's completion: ``state`` 0 incomplete, 1 complete, 2 complete and passed, 3 failed."""

    cmid: Id
    state: Whole
    timecompleted: Epoch
    overrideby: OptionalId


@dataclass(frozen=True, slots=True)
class ActivityStatuses:
    """``core_completion_get_activities_completion_status``."""

    statuses: tuple[ActivityStatus, ...]


@dataclass(frozen=True, slots=True)
class Competency:
    """A competency of the course."""

    id: Id
    shortname: Text
    idnumber: OptionalId


@dataclass(frozen=True, slots=True)
class CourseCompetency:
    """An entry of ``core_competency_list_course_competencies``."""

    competency: Competency


@dataclass(frozen=True, slots=True)
class Rating:
    """A learner's rating. ``grade`` alone says nothing, rules rate everybody; ``proficiency`` counts."""

    proficiency: Maybe
    grade: OptionalWhole
    gradename: Text
    timemodified: Epoch


@dataclass(frozen=True, slots=True)
class RatedCompetency:
    """One competency, wrapped once more by Moodle, with this learner's rating."""

    competency: CourseCompetency
    usercompetencycourse: Rating


@dataclass(frozen=True, slots=True)
class CompetencyReport:
    """``report_competency_data_for_report``."""

    usercompetencies: tuple[RatedCompetency, ...]


@dataclass(frozen=True, slots=True)
class Quiz:
    """A quiz's settings. Moodle hands its password to some roles: kept is only that there is one."""

    id: Id
    coursemodule: Id
    browsersecurity: Text
    has_subnet: Annotated[bool, is_there("subnet")]
    has_password: Annotated[bool, is_there("password")]


@dataclass(frozen=True, slots=True)
class Quizzes:
    """``mod_quiz_get_quizzes_by_courses``."""

    quizzes: tuple[Quiz, ...]


@dataclass(frozen=True, slots=True)
class QuizAccess:
    """``mod_quiz_get_quiz_access_information``: names of the access rules in force (``quizaccess_seb``)."""

    activerulenames: Texts
