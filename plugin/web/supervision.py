"""How the assessments of a course were watched (Annex I, O2): who says what, and what will be stated of it.

A teacher uploads what stays at the vendor as CSV: every problem by line, a preview, and only then is it kept, with the
name of who uploaded it. The preview keeps nothing on the server: the confirmed text is read and checked again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request

from lti.claims import Launch
from lti.proctoring import RecordsRefused, SessionRecord, read_csv
from mappings.assessment import AssessmentRecord, EvidenceSource, LearnerId, Standing, SupervisionEvidence
from mappings.elements import SupervisionCategory
from mappings.profile import AssessmentSpecification, CourseProfile
from mappings.supervision import evidence_for, of_assessment
from plugin.assurance import renewed
from plugin.intake import State, take
from plugin.web import visits
from plugin.web.intake import intake_tools
from plugin.web.languages import gettext
from plugin.web.teacher import offer_or_404
from plugin.web.tools import tools

blueprint = Blueprint("supervision", __name__)
_LARGEST = 1_000_000
"""Characters of one upload."""
_PROBLEM = re.compile(r"records\.(\d+)\.(\w+): (.*)")


@dataclass(frozen=True, slots=True)
class Statement:
    """What is known of how one assessment was watched. The numbers count learners."""

    specification: AssessmentSpecification
    settings: tuple[str, ...]
    recorded: int
    flagged: int
    declared: tuple[SupervisionEvidence, ...]
    stated: Mapping[SupervisionCategory, int]


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A problem of an upload; ``line`` counts from 1, the line of the columns' names. 0: the file as a whole."""

    line: int
    column: str
    sentence: str


@blueprint.get("/teach/<launch_id>/supervision")
def show(launch_id: str) -> str:
    """Show it, assessment by assessment."""
    return _page(visits.teacher(launch_id))


@blueprint.post("/teach/<launch_id>/supervision")
def upload(launch_id: str) -> tuple[str, int] | str:
    """Show what a CSV file holds, or every problem; keep it once it is confirmed."""
    launch = visits.teacher(launch_id)
    text = _sent()
    try:
        records = read_csv(text, launch.place.course)
    except RecordsRefused as error:
        return _page(launch, problems=tuple(map(_problem, error.problems))), 422
    if request.form.get("confirmed") != "yes":
        return _page(launch, text=text, records=records)
    states = take(intake_tools(), launch.platform, records, sent_by=visits.name(launch))
    return _page(launch, kept=Counter(states))


def _sent() -> str:
    """Return the text of the file, or of the confirmation. Spreadsheets of old write Windows-1252."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("text", "")[:_LARGEST]
    data: bytes = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        abort(413)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _problem(problem: str) -> LineProblem:
    found = _PROBLEM.fullmatch(problem)
    return LineProblem(int(found[1]) + 2, found[2], found[3]) if found else LineProblem(0, "", problem)


def _page(launch: Launch, **uploaded: object) -> str:
    offer = offer_or_404(launch)
    with tools().storage.reading() as work:
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        read = tuple(work.assessments.of_course(launch.platform, launch.place.course))
        told = work.sessions.of_course(launch.platform, launch.place.course)
    learners = (record for record in read if record.learner.standing is Standing.LEARNER)
    records = tuple(renewed(record, told.get(record.learner.id, ())) for record in learners)
    statements = tuple(_statement(each, records, profile) for each in profile.assessments)
    names = {record.learner.id: record.learner.full_name for record in read}
    lines = _lines(uploaded.pop("records", ()), names, profile)
    return render_template(
        "teacher/supervision.html",
        launch=launch,
        statements=statements,
        learners=len(records),
        lines=lines,
        states=_states(),
        **{"text": "", "problems": (), "kept": {}, **uploaded},
    )


def _statement(
    specification: AssessmentSpecification, records: Sequence[AssessmentRecord], profile: CourseProfile
) -> Statement:
    evidence = [evidence_for(specification, record, profile) for record in records]
    every = [each for one in evidence for each in one]
    settings = (each.method or each.stated_by for each in every if each.source is EvidenceSource.PLATFORM_SETTING)
    sessions = [[each for each in one if each.source is EvidenceSource.SESSION_RECORD] for one in evidence]
    declared = (each for each in profile.supervision if each.activity == specification.activity)
    return Statement(
        specification,
        tuple(dict.fromkeys(settings)),
        recorded=sum(bool(one) for one in sessions),
        flagged=sum(any(each.open_flag for each in one) for one in sessions),
        declared=tuple(declared),
        stated=Counter(of_assessment(specification, one).category for one in evidence),
    )


def _lines(
    records: object, names: Mapping[LearnerId, str], profile: CourseProfile
) -> Iterator[tuple[SessionRecord, str, str]]:
    """Yield each record of an upload with the names of learner and assessment; empty where they are not known."""
    titles = {each.activity: each.title.in_language("en") for each in profile.assessments}
    assert isinstance(records, tuple)
    for record in records:
        yield record, names.get(record.learner, ""), titles.get(record.evidence.activity, "")


def _states() -> dict[State, str]:
    return {
        State.TAKEN: gettext("taken"),
        State.KNOWN: gettext("known already"),
        State.UNKNOWN_COURSE: gettext("kept; no credential is enabled in this course"),
        State.UNKNOWN_LEARNER: gettext("kept; no such learner was read in this course yet"),
        State.UNKNOWN_ASSESSMENT: gettext("kept; no such assessment was read in this course yet"),
    }
