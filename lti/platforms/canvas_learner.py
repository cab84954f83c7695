"""One learner of a Canvas course: which LTI id belongs to them, and the record that the lists make of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol
from urllib.parse import urlencode

from lti import roster
from lti.network import Answer
from lti.platforms import canvas_records as records
from lti.platforms.canvas_shapes import Assignment, Enrollment, LinkedOutcome, OutcomeScore, Progress, Submission
from lti.schemas import OptionalId, load, part, parts
from lti.service import Service
from mappings.assessment import AssessmentRecord, Course, CourseId, Learner, LearnerId, SupervisionEvidence

_MEMBERS_A_PAGE = 50
"""Canvas gives no more."""
_CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"


@dataclass(frozen=True, slots=True)
class Lists:
    """What Canvas shows of a whole course at once, at the moment ``read_at``; keys are Canvas user ids."""

    course: Course
    enrollments: Mapping[str, tuple[Enrollment, ...]]
    learners: Mapping[str, Learner]
    assignments: Mapping[str, Assignment]
    progress: Mapping[str, Progress]
    scores: Mapping[str, tuple[OutcomeScore, ...]]
    outcomes: Mapping[str, LinkedOutcome]
    supervision: tuple[SupervisionEvidence, ...]
    read_at: datetime


def record_of(lists: Lists, user: str, learner: Learner, submissions: tuple[Submission, ...]) -> AssessmentRecord:
    """Put together what the lists and the submissions show of one learner."""
    graded = [submission for submission in submissions if submission.assignment_id in lists.assignments]
    return AssessmentRecord(
        course=lists.course,
        learner=learner,
        completion=records.completion_of(lists.progress.get(user)),
        course_score=records.course_score_of(lists.enrollments[user]),
        results=tuple(records.result_of(one, lists.assignments[one.assignment_id]) for one in graded),
        competencies=records.ratings_of(lists.scores.get(user, ()), lists.outcomes),
        activities=tuple(records.activity_of(assignment) for assignment in lists.assignments.values()),
        read_at=lists.read_at,
        supervision=lists.supervision,
    )


@dataclass(frozen=True, slots=True)
class Custom:
    """Custom parameters of the message: ours are expanded for every member."""

    canvas_user_id: OptionalId


@dataclass(frozen=True, slots=True)
class Message:
    """What the platform would send in a launch of this member."""

    custom: Annotated[Custom | None, part(Custom, _CUSTOM)]


@dataclass(frozen=True, slots=True)
class MemberWithMessage(roster.Member):
    """A member of ``?rlid=``, with the messages that this asks for."""

    message: Annotated[tuple[Message, ...], parts(Message)]


@dataclass(frozen=True, slots=True)
class MembersWithMessages:
    """One page of them."""

    members: tuple[MemberWithMessage, ...]


class People(Protocol):
    """Which LTI id belongs to which Canvas user, as far as it was ever seen.

    The roster lists active members only; who has completed the course would lose the id that their launches use.
    """

    def known(self) -> Mapping[str, LearnerId]:
        """Return the LTI ids by Canvas user id."""
        ...

    def note(self, people: Mapping[str, LearnerId]) -> None:
        """Keep what the roster of a course tells."""
        ...


class NobodyKnown:
    """Remembers nothing: for a connection without storage."""

    def known(self) -> Mapping[str, LearnerId]:
        """Return nobody."""
        return {}

    def note(self, people: Mapping[str, LearnerId]) -> None:
        """Forget it."""


def all_ids(told: Mapping[str, LearnerId], people: People) -> Mapping[str, LearnerId]:
    """Return the ids that the roster tells now, and for all others those that it told before."""
    known = people.known()
    if new := {user: learner for user, learner in told.items() if known.get(user) != learner}:
        people.note(new)
    return {**known, **told}


def lti_members(service: Service, memberships_url: str, course: CourseId) -> dict[str, Learner]:
    """Return each active member, by the LTI id that launches use, under their Canvas user id.

    The registration asks for the custom parameter ``canvas_user_id=$Canvas.user.id``. Canvas expands it for every
    member where ``rlid`` asks for a resource link, as which it takes the course itself (NRPS 2.0 section 3.2).

    The roster must be of ``course``, as launches call it. One that is known by its number in Canvas is not compared:
    the address has that number.
    """
    first = service.get(f"{memberships_url}?limit=1", accept=roster.ACCEPT)
    context = roster.context_of(first)
    if not course.isdigit():
        roster.require_course(first, course)
    address = f"{memberships_url}?{urlencode({'rlid': context, 'limit': _MEMBERS_A_PAGE})}"
    return {
        message.custom.canvas_user_id: roster.learner_of(member)
        for page in _of(context, service.pages(address, accept=roster.ACCEPT))
        for member in load(MembersWithMessages, page.json(), place=page.place).members
        for message in member.message
        if message.custom and message.custom.canvas_user_id
    }


def _of(context: CourseId, pages: Iterator[Answer]) -> Iterator[Answer]:
    for page in pages:
        roster.require_course(page, context)
        yield page
