"""A Canvas course to serve: payloads whose names and nesting come from Canvas' documentation and source.

Templates are the composed examples in tests/recordings/canvas; values are invented here.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parent.parent / "recordings" / "canvas"
Payload = dict[str, Any]


def example(name: str) -> Any:
    """Return one composed example."""
    return json.loads((RECORDINGS / f"{name}.json").read_text())


@dataclass
class CanvasCourse:
    """One course as lists of payloads, in Canvas' own order."""

    course: Payload = field(default_factory=lambda: example("rest_course")["response"])
    enrollments: list[Payload] = field(default_factory=list)
    assignments: list[Payload] = field(default_factory=list)
    submissions: list[Payload] = field(default_factory=list)
    quizzes: list[Payload] = field(default_factory=list)
    new_quizzes: list[Payload] = field(default_factory=list)
    all_quizzes: list[Payload] = field(default_factory=list)
    progress: list[Payload] = field(default_factory=list)
    rollups: list[Payload] = field(default_factory=list)
    outcomes: list[Payload] = field(default_factory=list)
    module_based: bool = True

    @property
    def id(self) -> str:
        """The course id."""
        return str(self.course["id"])

    def enroll(self, user: int, name: str, kind: str = "StudentEnrollment", **other: Any) -> Payload:
        """Add an enrollment; only a student has grades."""
        row = copy.deepcopy(example("rest_enrollments")["response"][0])
        given, _, family = name.rpartition(" ")
        row |= {"id": 46825 + len(self.enrollments), "user_id": user, "type": kind, "role": kind}
        row |= {"sis_user_id": f"S-{user}", "updated_at": "2026-04-18T23:08:51Z", **other}
        row["user"] |= {"id": user, "name": name, "sortable_name": f"{family}, {given}", "short_name": name}
        if kind != "StudentEnrollment":
            del row["grades"]
        self.enrollments.append(row)
        return row

    def assign(self, number: int, name: str, points: float | None, **other: Any) -> Payload:
        """Add an assignment."""
        row = copy.deepcopy(example("rest_assignments")["response"][0])
        row |= {"id": number, "name": name, "points_possible": points, "html_url": f"https://school/{number}"}
        plain = {"is_quiz_assignment": False, "require_lockdown_browser": False, "grading_type": "points"}
        row |= {"quiz_id": None, "submission_types": ["online_upload"], **plain, **other}
        self.assignments.append(row)
        return row

    def submit(self, user: int, assignment: int, score: float | None, **other: Any) -> Payload:
        """Add a graded and posted submission; without a score it is missing work."""
        row = copy.deepcopy(example("rest_submissions")["response"][0])
        row |= {"id": 11000 + len(self.submissions), "user_id": user, "assignment_id": assignment, "score": score}
        row |= {"grade": None if score is None else str(score)}
        if score is None:
            row |= {"workflow_state": "unsubmitted", "submitted_at": None, "graded_at": None, "posted_at": None}
        self.submissions.append(row | other)
        return self.submissions[-1]

    def advance(self, user: int, met: int, required: int, completed_at: str | None = None) -> None:
        """Say how many module requirements somebody has met."""
        row = copy.deepcopy(example("rest_course_progress")["bulk"]["response"][0])
        progress = {"requirement_count": required, "requirement_completed_count": met, "completed_at": completed_at}
        self.progress.append(row | {"id": user, "progress": row["progress"] | progress})

    def roll_up(self, user: int, scores: dict[int, float | None], submitted_at: str = "2026-04-02T03:05:34Z") -> None:
        """Add a rollup row: score by outcome (shape from Canvas' documentation of Outcome Results)."""
        rows = [
            {"score": score, "count": 1, "title": "", "submitted_at": submitted_at, "links": {"outcome": str(outcome)}}
            for outcome, score in scores.items()
        ]
        self.rollups.append({"scores": rows, "links": {"user": str(user), "section": "598", "status": "active"}})

    def outcome(self, number: int, title: str, mastery: float) -> None:
        """Add an outcome with its mastery points."""
        row = copy.deepcopy(example("rest_outcome")["response"])
        self.outcomes.append(row | {"id": number, "title": title, "display_name": "", "mastery_points": mastery})


def data_ethics() -> CanvasCourse:
    """Return a small course with every kind of person and of assignment."""
    course = CanvasCourse()
    course.assign(355, "Final exam", 15.0, is_quiz_assignment=True, quiz_id=620, require_lockdown_browser=True)
    course.assign(356, "New Quiz exam", 20.0, is_quiz_lti_assignment=True, require_lockdown_browser=True)
    course.assign(357, "Portfolio", None, grading_type="pass_fail")
    course.quizzes.append(example("quiz_classic")["response"])
    course.new_quizzes.append(example("new_quiz")["response"])
    course.all_quizzes += example("quiz_all_quizzes_new_quiz")["response"]
    course.outcome(97, "Explain bias in data", 3)
    course.outcome(98, "Weigh privacy", 4)
    _learners(course)
    course.enroll(60, "Thea Teacher", "TeacherEnrollment")
    course.enroll(61, "Tim Assistant", "TaEnrollment")
    course.enroll(62, "Test Student", "StudentViewEnrollment")
    course.enroll(63, "Otto Observer", "ObserverEnrollment")
    return course


def _learners(course: CanvasCourse) -> None:
    course.enroll(48, "Terrence Walls")
    course.submit(48, 355, 13.5)
    course.submit(48, 356, 18.25)
    course.submit(48, 357, 1.0, grade="complete")
    course.advance(48, 10, 10, "2026-04-10T16:26:08Z")
    course.roll_up(48, {97: 3.0, 98: 3.99})
    course.enroll(49, "Mira Olsen")
    course.submit(49, 355, 9.0, grade_matches_current_submission=False)
    course.submit(49, 356, 7.0, posted_at=None)
    course.submit(49, 357, None)
    course.advance(49, 4, 10)
    course.roll_up(49, {97: None})
    course.enroll(50, "Ines Prado", course_section_id=599)["grades"]["override_score"] = 95.0
    course.enroll(50, "Ines Prado", course_section_id=600)
    course.submit(50, 355, None, excused=True)
    course.submit(50, 356, 3.0, workflow_state="pending_review")
    course.enroll(51, "Jan Inactive", enrollment_state="inactive")
    course.enroll(52, "Cora Concluded", enrollment_state="completed")


def large(learners: int = 200, assessments: int = 6) -> CanvasCourse:
    """Return a course of many, all of whom did everything."""
    course = CanvasCourse()
    course.outcome(97, "Explain bias in data", 3)
    for number in range(assessments):
        quiz = number < 2
        course.assign(700 + number, f"Assessment {number}", 10.0, is_quiz_assignment=quiz)
    for user in range(1000, 1000 + learners):
        course.enroll(user, f"Learner Number{user}")
        course.advance(user, 10, 10, "2026-04-10T16:26:08Z")
        course.roll_up(user, {97: 4.0})
        for number in range(assessments):
            course.submit(user, 700 + number, 8.0)
    course.enroll(60, "Thea Teacher", "TeacherEnrollment")
    return course
