"""Canvas as a platform: what its REST API shows of a course, as assessment records (stage 2, «read»).

Everything comes as lists of a hundred, one request at a time. The requests grow with the pages and not with the
learners, but for the submissions, of which there is one for each learner and assignment.

Quirks, from Canvas' source and documentation (no live Canvas was read):

- Completion is what the module requirements say; a course without any answers 400 and has none. An enrollment's
  state ``completed`` only means that the course is over.
- Without ``state[]`` enrollments of a concluded course are left out; there is one row for each section.
- A rollup has no mastery flag: the score is compared with the outcome's mastery points. Where the developer key
  may not «include», Canvas leaves the outcomes out in silence; then they are asked for one by one.
- Ids may exceed 53 bits and come as numbers or texts: they are asked for as texts.
- A launch names people and courses by LTI ids: courses are addressed as ``lti_context_id:``; no REST answer tells
  the LTI id of a person, so the LTI roster, which can tell both, is read too. It lists active members only, so what
  it told before is remembered (:class:`~lti.platforms.canvas_learner.People`).
- Access codes of quizzes come to graders in clear: they are dropped while reading.

What is left to the caller: keeping records, deciding anything, and reading again right before issuing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote, urlencode

from lti.errors import Fault, PlatformError
from lti.network import Network
from lti.platforms import LEARNING, no_longer_learning
from lti.platforms import canvas_records as records
from lti.platforms.canvas_conversations import Conversations
from lti.platforms.canvas_learner import Lists, NobodyKnown, People, all_ids, lti_members, record_of
from lti.platforms.canvas_preflight import preflight
from lti.platforms.canvas_shapes import (
    Assignment,
    CanvasCourse,
    ClassicQuiz,
    Enrollment,
    LinkedOutcome,
    NewQuiz,
    Progress,
    Rollup,
    Rollups,
    Submission,
    UserProgress,
)
from lti.platforms.messaging import Message
from lti.preflight import Finding
from lti.roster import Roster
from lti.schemas import load, load_all
from lti.service import Manners, Service
from lti.tokens import TokenSource
from mappings.assessment import (
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

ACCEPT = "application/json+canvas-string-ids"
MANNERS = Manners(bare_401=False, accept=ACCEPT)

_PAGE = ("per_page", "100")
_STATES = tuple(("state[]", state) for state in ("active", "completed", "inactive", "invited", "deleted"))
_NOT_OFFERED = frozenset({Fault.NOT_FOUND})
_FEW = 40
"""So many learners are named in an address; of more, all submissions are read."""


class Canvas:
    """One connected Canvas (a :class:`~lti.platforms.Platform`)."""

    def __init__(
        self,
        platform: PlatformId,
        url: str,
        service: Service,
        *,
        lti: Service | None = None,
        people: People | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.id = platform
        self._url = url.rstrip("/")
        self._service = service
        self._lti = lti
        self._known = people or NobodyKnown()
        self._clock = clock
        self._conversations = Conversations(service, self._url, self._users)

    @classmethod
    def connect(
        cls, platform: PlatformId, url: str, tokens: TokenSource, network: Network, *, lti: Service | None = None
    ) -> Canvas:
        """Return the Canvas at ``url`` (the institution's domain), read with the tokens of a developer key.

        ``lti`` reads its LTI services (scope :data:`lti.roster.SCOPE`); without it people have no id that a launch
        would name, only Canvas' own.
        """
        return cls(platform, url, Service(tokens, network, MANNERS), lti=lti)

    def course(self, course: CourseId) -> Course:
        """Return what Canvas says about the course."""
        return records.course_of(self._course(course), course, self.id, self._url)

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Return everybody enrolled in any way, each once."""
        return tuple(self._people(self._enrollments(course), self._members(self._course(course), course)).values())

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield the records that :meth:`lti.platforms.Platform.read` promises."""
        lists = self._lists(course)
        wanted = {
            user: learner
            for user, learner in lists.learners.items()
            if learner.standing in LEARNING and (learners is None or learner.id in learners)
        }
        if since is not None:
            changed = self._changed(lists, course, since)
            wanted = {user: learner for user, learner in wanted.items() if user in changed}
        submissions = self._submissions_of(course, wanted.keys(), len(lists.learners))
        for user, learner in wanted.items():
            yield record_of(lists, user, learner, submissions.get(user, ()))
        yield from no_longer_learning(learners or (), lists.learners.values(), lists.course, lists.read_at)

    def message(self, course: CourseId, learner: LearnerId, message: Message) -> None:
        """Begin a conversation (:class:`lti.platforms.messaging.Messaging`)."""
        self._conversations.begin(course, learner, message)

    def competencies(self, course: CourseId) -> dict[CompetencyId, str]:
        """Name the aligned outcomes (:class:`lti.platforms.naming.NamesCompetencies`)."""
        return {CompetencyId(one.id): one.title or one.display_name for one in self._rollups(course)[1].values()}

    def preflight(self, course: CourseId | None) -> tuple[Finding, ...]:
        """Try whether all can be read that a credential needs."""
        return preflight(self._service, self._url, course)

    def _lists(self, course: CourseId) -> Lists:
        read_at = self._clock()
        found = self._course(course)
        enrollments = self._enrollments(course)
        assignments = {one.id: one for one in self._all(Assignment, course, "assignments")}
        rollups, outcomes = self._rollups(course)
        return Lists(
            course=records.course_of(found, course, self.id, self._url),
            enrollments=enrollments,
            learners=self._people(enrollments, self._members(found, course)),
            assignments=assignments,
            progress=self._progress(course),
            scores={rollup.links.user: rollup.scores for rollup in rollups},
            outcomes=outcomes,
            supervision=tuple(self._supervision(course, assignments, read_at)),
            read_at=read_at,
        )

    def _enrollments(self, course: CourseId) -> dict[str, tuple[Enrollment, ...]]:
        by_user: dict[str, tuple[Enrollment, ...]] = {}
        for row in self._all(Enrollment, course, "enrollments", *_STATES):
            by_user[row.user_id] = (*by_user.get(row.user_id, ()), row)
        return by_user

    def _course(self, course: CourseId) -> CanvasCourse:
        answer = self._service.get(self._address(course, "", ("include[]", "public_description")))
        return load(CanvasCourse, answer.json(), place=answer.place)

    def _people(self, rows_of: Mapping[str, tuple[Enrollment, ...]], told: Mapping[str, Learner]) -> dict[str, Learner]:
        """Return each person under their LTI id; whom no roster ever showed keeps a Canvas id of their own."""
        roster = Roster({member.id: member for member in told.values()}, is_whole=False)
        if self._lti is None:
            ids: Mapping[str, LearnerId] = {user: LearnerId(user) for user in rows_of}
        else:
            ids = all_ids({user: member.id for user, member in told.items()}, self._known)
        return {
            user: roster.checked(records.learner_of(rows, ids.get(user, LearnerId(f"canvas:{user}"))))
            for user, rows in rows_of.items()
        }

    def _members(self, found: CanvasCourse, course: CourseId) -> dict[str, Learner]:
        """Return the members of the LTI roster by Canvas user id."""
        address = f"{self._url}/api/lti/courses/{found.id}/names_and_roles"
        return {} if self._lti is None else lti_members(self._lti, address, course)

    def _users(self, course: CourseId) -> tuple[str, dict[LearnerId, str]]:
        """Return Canvas' own id of the course, and of each person."""
        found = self._course(course)
        people = self._people(self._enrollments(course), self._members(found, course))
        return found.id, {one.id: user for user, one in people.items()}

    def _progress(self, course: CourseId) -> dict[str, Progress]:
        try:
            entries = list(self._all(UserProgress, course, "bulk_user_progress"))
        except PlatformError as error:
            if error.fault is Fault.INVALID_REQUEST:  # «not module based»
                return {}
            raise
        return {entry.id: entry.progress for entry in entries if entry.progress}

    def _rollups(self, course: CourseId) -> tuple[list[Rollup], dict[str, LinkedOutcome]]:
        address = self._address(course, "outcome_rollups", ("include[]", "outcomes"), _PAGE)
        answers = [load(Rollups, page.json(), place=page.place) for page in self._service.pages(address)]
        rollups = [rollup for answer in answers for rollup in answer.rollups]
        outcomes = {one.id: one for answer in answers if answer.linked for one in answer.linked.outcomes}
        scored = {score.links.outcome for rollup in rollups for score in rollup.scores}
        return rollups, outcomes | {one: self._outcome(one) for one in sorted(scored - outcomes.keys())}

    def _outcome(self, outcome: str) -> LinkedOutcome:
        answer = self._service.get(f"{self._url}/api/v1/outcomes/{quote(outcome, safe='')}")
        return load(LinkedOutcome, answer.json(), place=answer.place)

    def _supervision(
        self, course: CourseId, assignments: Mapping[str, Assignment], at: datetime
    ) -> Iterator[SupervisionEvidence]:
        """Yield what the settings of assignments and quizzes say about how they are sat, each thing once."""
        told: set[tuple[str, str]] = set()
        for evidence in self._all_settings(course, assignments, at):
            if (evidence.activity, evidence.stated_by) not in told and evidence.activity in assignments:
                told.add((evidence.activity, evidence.stated_by))
                yield evidence

    def _all_settings(
        self, course: CourseId, assignments: Mapping[str, Assignment], at: datetime
    ) -> Iterator[SupervisionEvidence]:
        for assignment in assignments.values():
            yield from records.settings_of_assignment(assignment, at)
        if any(assignment.is_quiz_assignment for assignment in assignments.values()):
            for quiz in self._if_there(ClassicQuiz, course, "quizzes"):
                yield from records.settings_of_quiz(quiz, at)
        if any(assignment.is_quiz_lti_assignment for assignment in assignments.values()):
            for new_quiz in self._if_there(NewQuiz, course, "quizzes", api="quiz/v1"):
                yield from records.settings_of_new_quiz(new_quiz, at)
            # Not in the public documentation, so no scope allows it: the only place that tells Monitor of a New Quiz.
            for quiz in self._if_there(ClassicQuiz, course, "all_quizzes", unless=_NOT_OFFERED | {Fault.NO_ACCESS}):
                yield from records.settings_of_quiz(quiz, at)

    def _changed(self, lists: Lists, course: CourseId, since: datetime) -> set[str]:
        """Return the users of whom any list shows something after ``since``."""
        moment = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        recent = [
            submission.user_id
            for name in ("graded_since", "submitted_since")
            for submission in self._submissions(course, ("student_ids[]", "all"), (name, moment))
        ]
        enrolled = [
            user for user, rows in lists.enrollments.items() if any(r.updated_at and r.updated_at > since for r in rows)
        ]
        progressed = [user for user, one in lists.progress.items() if one.completed_at and one.completed_at > since]
        rated = [
            user
            for user, scores in lists.scores.items()
            if any(score.submitted_at and score.submitted_at > since for score in scores)
        ]
        return {*recent, *enrolled, *progressed, *rated}

    def _submissions_of(
        self, course: CourseId, users: Collection[str], everybody: int
    ) -> dict[str, tuple[Submission, ...]]:
        if not users:
            return {}
        few = len(users) <= _FEW and len(users) < everybody
        names = [("student_ids[]", user) for user in users] if few else [("student_ids[]", "all")]
        by_user: dict[str, tuple[Submission, ...]] = {}
        for submission in self._submissions(course, *names):
            by_user[submission.user_id] = (*by_user.get(submission.user_id, ()), submission)
        return by_user

    def _submissions(self, course: CourseId, *query: tuple[str, str]) -> Iterator[Submission]:
        return self._all(Submission, course, "students/submissions", *query)

    def _all(
        self, shape: type[T], course: CourseId, path: str, *query: tuple[str, str], api: str = "v1"
    ) -> Iterator[T]:
        for page in self._service.pages(self._address(course, path, *query, _PAGE, api=api)):
            yield from load_all(shape, page.json(), place=page.place)

    def _if_there(
        self, shape: type[T], course: CourseId, path: str, *, api: str = "v1", unless: frozenset[Fault] = _NOT_OFFERED
    ) -> tuple[T, ...]:
        """Return a list that a Canvas need not have (New Quizzes is a product of its own)."""
        try:
            return tuple(self._all(shape, course, path, api=api))
        except PlatformError as error:
            if error.fault in unless:
                return ()
            raise

    def _address(self, course: CourseId, path: str, *query: tuple[str, str], api: str = "v1") -> str:
        name = course if course.isdigit() else f"lti_context_id:{course}"
        where = f"{self._url}/api/{api}/courses/{quote(name, safe=':')}"
        return f"{where}{'/' if path else ''}{path}?{urlencode(query)}"
