"""Enabling a credential: one screen to state what only people know, a preview with the real class, and the button.

Nothing is awarded before Enable, and everything on the way is a draft that the next teacher of the course finds again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti.claims import Launch
from lti.errors import PlatformError
from mappings.assessment import Course, Presence
from mappings.describe import gaps
from mappings.profile import CourseProfile, Cycle, Issuer
from mappings.supervision import of_assessment
from mappings.vocabularies.labels import label
from mappings.vocabularies.terms import terms
from plugin import class_reading, enabling, offering
from plugin.class_reading import ClassReadingTools
from plugin.enabling import EnablingTools, Place
from plugin.errors import UnknownRow
from plugin.offering import OfferingTools
from plugin.profiles import Problem, Problems, course_profile_from
from plugin.storage.drafts import Draft
from plugin.suggestion import TEACHER
from plugin.web import visits
from plugin.web.course_form import Data, Sent, changed, data_of, data_sent, suggestions
from plugin.web.languages import LANGUAGES, current, gettext
from plugin.web.levels import comparable
from plugin.web.spoken import names
from plugin.web.tools import tools

blueprint = Blueprint("teacher_setup", __name__)
_POSITION = re.compile(r"(outcomes|assessments)\[(\d+)\]\.?(.*)")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A problem with the name of the field that it is about."""

    field: str
    sentence: str


@blueprint.get("/teach/<launch_id>/setup")
def setup(launch_id: str) -> str:
    """Show the form, filled from the draft or from the platform."""
    launch = visits.teacher(launch_id)
    try:
        draft = _copied(launch) or enabling.draft_of(
            enabling_tools(), _place(launch), by=visits.name(launch), language=current()
        )
        if draft is not None:  # read ahead: a large class is often there by the time that the form is filled
            class_reading.wanted(class_tools(), launch.platform, launch.place.course)
    except UnknownRow:
        return cannot(launch, gettext("The institution's IT has not connected this platform for reading yet."))
    except PlatformError as error:
        return cannot(launch, gettext(error.sentence), error)
    if draft is None:
        return cannot(launch, gettext("Nobody is in the course yet, so the platform shows nothing to start from."))
    return _form(launch, draft, data_of(draft.profile), ())


@blueprint.post("/teach/<launch_id>/setup")
def save(launch_id: str) -> Response | tuple[str, int]:
    """Keep what was stated and go on to the preview; or show every problem beside its field."""
    launch = visits.teacher(launch_id)
    draft = draft_or_404(launch)
    by, now = visits.name(launch), tools().clock()
    data = data_sent(Sent(request.form), draft.profile, LANGUAGES, spoken=current(), by=by, now=now)
    profile = course_profile_from(data)
    if isinstance(profile, Problems):
        wrong = tuple(_wrong(problem, data) for problem in profile.problems)
        return _form(launch, draft, data, wrong), 422
    stated = changed(data_of(draft.profile), data_of(profile))
    origins = {**draft.origins, **dict.fromkeys(stated, TEACHER)}
    enabling.save(
        enabling_tools(),
        _place(launch),
        profile,
        origins=origins,
        by=visits.name(launch),
        copied_from=draft.copied_from,
    )
    return redirect(url_for("dry_run.preview", launch_id=launch_id), code=303)


@blueprint.post("/teach/<launch_id>/enable")
def enable(launch_id: str) -> Response:
    """Let the course award by the draft from now on."""
    launch = visits.teacher(launch_id)
    draft, issuer = draft_or_404(launch), institution()
    if issuer is None or gaps(draft.profile, issuer, tools().clock()):
        abort(409)
    profile = enabling.next_version(enabling_tools(), _place(launch), draft.profile)
    place = (launch.platform, launch.place.course)
    offering.enable(OfferingTools(tools().storage, tools().clock), place, profile, issuer, by=visits.name(launch))
    return redirect(url_for("teacher.home", launch_id=launch_id), code=303)


def _copied(launch: Launch) -> Draft | None:
    """Take a profile along into a course that was copied and has no draft of its own yet."""
    with tools().storage.reading() as work:
        kept = work.drafts.get(launch.platform, launch.place.course)
    return None if kept else _copy(launch)


def _copy(launch: Launch) -> Draft | None:
    source = visits.copied_from(launch)
    if not source:
        return None
    return enabling.copy(enabling_tools(), Place(launch.platform, source), _place(launch), by=visits.name(launch))


@blueprint.post("/teach/<launch_id>/copy")
def copy(launch_id: str) -> Response:
    """Take the profile of the course that this one was copied from along, in place of the draft."""
    launch = visits.teacher(launch_id)
    if _copy(launch) is None:
        abort(404)
    return redirect(url_for("teacher_setup.setup", launch_id=launch_id), code=303)


def _form(launch: Launch, draft: Draft, data: Data, wrong: tuple[Wrong, ...]) -> str:
    issuer = institution()
    spoken = draft.profile.title.languages if draft.profile.title else ()
    fields = {each.field for each in wrong}
    return render_template(
        "teacher/setup.html",
        launch=launch,
        data=data,
        draft=draft,
        issuer=issuer,
        course=_course(launch),
        wrong={each.field: each.sentence for each in wrong},
        texts=tuple(dict.fromkeys((*spoken, current(), *LANGUAGES))),
        isced=[shown for _, shown in _options("isced-f")],
        labels={},  # filled by the form, read by the summary of its problems
        levels=[(str(level), f"{level}: {comparable(level)}") for level in range(1, 9)],
        language_names=names(data["languages"], current()),
        options=_options,
        presences=_presences(),
        stated=dict(_stated(draft.profile)),
        cycles=[(each.value, each.value) for each in Cycle],
        subject_labels=[*_labels(data["subjects"]), ""],
        meant=suggestions(" ".join(data["subjects"]), current()) if "subjects" in fields else (),
        copied_from=visits.copied_from(launch),
    )


def _course(launch: Launch) -> Course | None:
    """Return the course as the platform described it when it was read last."""
    with tools().storage.reading() as work:
        record = next(work.assessments.of_course(launch.platform, launch.place.course), None)
    return record.course if record else None


def _options(list_name: str) -> list[tuple[str, str]]:
    """Return the concepts of an EU list to choose from, by label."""
    found = ((each.code, label(each, current())) for each in terms(list_name))
    return sorted(found, key=lambda option: option[1].casefold())


def _presences() -> list[tuple[str, str]]:
    return [
        (Presence.ON_SITE, gettext("on site")),
        (Presence.ONLINE, gettext("online")),
        (Presence.NONE, gettext("nobody watched")),
    ]


def _stated(profile: CourseProfile) -> Iterator[tuple[str, str]]:
    """Yield for each assessment the category of O2 that the declarations about everybody come to."""
    for each in profile.assessments:
        told = [said for said in profile.supervision if said.activity == each.activity and said.learner is None]
        yield each.activity, of_assessment(each, told).category.value


def _labels(codes: Iterable[str]) -> Iterator[str]:
    known = {each.code: label(each, current()) for each in terms("isced-f")}
    return (known.get(code, code) for code in codes)


def _wrong(problem: Problem, data: Data) -> Wrong:
    """Name the field of the form that a problem's path means."""
    name = problem.path.partition("[")[0]
    if found := _POSITION.match(problem.path):
        kind, index, rest = found[1], int(found[2]), found[3]
        part = rest.partition(".")[0].partition("[")[0] or "title"
        if kind == "assessments":
            name = f"assessment.{data['assessments'][index]['activity']}.{part}"
        else:
            name = f"outcome.{index}.{'proven' if part == 'proven_by' else part}"
    elif problem.path.startswith(("workload.", "level.", "rule.")):
        name = problem.path.partition("[")[0]
    return Wrong(name, _told(problem.sentence))


def _told(words: str) -> str:
    """Return a refusal in the language of the answer; one that the catalogue does not have points to the example."""
    said = gettext(words)
    return (
        said if said != words or current() == "en" else gettext("This cannot be read so; write it as beside the field.")
    )


def draft_or_404(launch: Launch) -> Draft:
    """Return the draft of the course."""
    with tools().storage.reading() as work:
        draft = work.drafts.get(launch.platform, launch.place.course)
    if draft is None:
        abort(404)
    return draft


def institution() -> Issuer | None:
    """Return the institution that awards: the profile that was stated last."""
    with tools().storage.reading() as work:
        return next(iter(work.drafts.institutions()), None)


def cannot(launch: Launch, words: str, fault: PlatformError | None = None) -> str:
    """Say why nothing can be enabled yet, and what would help: waiting, or the IT department with the code."""
    return render_template("teacher/cannot.html", launch=launch, sentence=words, fault=fault)


def class_tools() -> ClassReadingTools:
    """Return what reading the class works with."""
    return ClassReadingTools(tools().storage, tools().connect, tools().ring, tools().clock)


def enabling_tools() -> EnablingTools:
    """Return what the use-case works with."""
    return EnablingTools(tools().storage, tools().connect, tools().clock)


def _place(launch: Launch) -> Place:
    return Place(launch.platform, launch.place.course)
