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
from mappings.profile import Cycle, Issuer
from mappings.vocabularies.terms import terms
from plugin import enabling, offering
from plugin.enabling import EnablingTools, Forecast, Place
from plugin.errors import UnknownRow
from plugin.offering import OfferingTools
from plugin.portrait import of_credential
from plugin.profiles import Problem, Problems, course_profile_from
from plugin.storage.awards import State
from plugin.storage.drafts import Draft
from plugin.suggestion import TEACHER
from plugin.web import visits
from plugin.web.course_form import Data, Sent, changed, data_of, data_sent, suggestions
from plugin.web.languages import LANGUAGES, current, gettext
from plugin.web.reasons import sentence
from plugin.web.tools import tools

blueprint = Blueprint("teacher_setup", __name__)
_A_PAGE = 50
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
        draft = enabling.draft_of(_enabling(), _place(launch), by=visits.name(launch), language=current())
    except UnknownRow:
        return _cannot(launch, gettext("The institution's IT has not connected this platform for reading yet."))
    except PlatformError as error:
        return _cannot(launch, gettext(error.sentence))
    if draft is None:
        return _cannot(launch, gettext("Nobody is in the course yet, so the platform shows nothing to start from."))
    return _form(launch, draft, data_of(draft.profile), ())


@blueprint.post("/teach/<launch_id>/setup")
def save(launch_id: str) -> Response | tuple[str, int]:
    """Keep what was stated and go on to the preview; or show every problem beside its field."""
    launch = visits.teacher(launch_id)
    draft = _draft(launch)
    data = data_sent(Sent(request.form), draft.profile, LANGUAGES, by=visits.name(launch), now=tools().clock())
    profile = course_profile_from(data)
    if isinstance(profile, Problems):
        wrong = tuple(_wrong(problem, data) for problem in profile.problems)
        return _form(launch, draft, data, wrong), 422
    stated = changed(data_of(draft.profile), data_of(profile))
    origins = {**draft.origins, **dict.fromkeys(stated, TEACHER)}
    enabling.save(
        _enabling(), _place(launch), profile, origins=origins, by=visits.name(launch), copied_from=draft.copied_from
    )
    return redirect(url_for("teacher_setup.preview", launch_id=launch_id), code=303)


@blueprint.get("/teach/<launch_id>/preview")
def preview(launch_id: str) -> str:
    """Show what enabling would come to: for the class in numbers, for one learner as the credential itself."""
    launch = visits.teacher(launch_id)
    draft, issuer = _draft(launch), _institution()
    if issuer is None:
        return _cannot(launch, gettext("The institution has not stated its own profile yet; its IT can."))
    now = tools().clock().replace(microsecond=0)
    try:
        records = enabling.read_class(_enabling(), _place(launch))
    except PlatformError as error:
        return _cannot(launch, gettext(error.sentence))
    forecasts = enabling.forecast(records, draft.profile, issuer, now)
    page = request.args.get("page", 1, type=int)
    return render_template(
        "teacher/preview.html",
        launch=launch,
        profile=draft.profile,
        missing=gaps(draft.profile, issuer, now),
        counts={state: sum(each.state is state for each in forecasts) for state in State},
        forecasts=forecasts[(max(page, 1) - 1) * _A_PAGE : max(page, 1) * _A_PAGE],
        page=max(page, 1),
        pages=-(-len(forecasts) // _A_PAGE),
        shown=_shown(forecasts),
        language=_language(),
        portrait=of_credential,
        sentence=sentence,
    )


@blueprint.post("/teach/<launch_id>/enable")
def enable(launch_id: str) -> Response:
    """Let the course award by the draft from now on."""
    launch = visits.teacher(launch_id)
    draft, issuer = _draft(launch), _institution()
    if issuer is None or gaps(draft.profile, issuer, tools().clock()):
        abort(409)
    profile = enabling.next_version(_enabling(), _place(launch), draft.profile)
    place = (launch.platform, launch.place.course)
    offering.enable(OfferingTools(tools().storage, tools().clock), place, profile, issuer, by=visits.name(launch))
    return redirect(url_for("teacher.home", launch_id=launch_id), code=303)


@blueprint.post("/teach/<launch_id>/copy")
def copy(launch_id: str) -> Response:
    """Take the profile of the course that this one was copied from along as a draft."""
    launch = visits.teacher(launch_id)
    source = visits.copied_from(launch)
    draft = (
        enabling.copy(_enabling(), Place(launch.platform, source), _place(launch), by=visits.name(launch))
        if source
        else None
    )
    if draft is None:
        abort(404)
    return redirect(url_for("teacher_setup.setup", launch_id=launch_id), code=303)


def _form(launch: Launch, draft: Draft, data: Data, wrong: tuple[Wrong, ...]) -> str:
    issuer = _institution()
    spoken = draft.profile.title.languages if draft.profile.title else ()
    return render_template(
        "teacher/setup.html",
        launch=launch,
        data=data,
        draft=draft,
        issuer=issuer,
        course=_course(launch),
        wrong={each.field: each.sentence for each in wrong},
        texts=tuple(dict.fromkeys((*spoken, current(), *LANGUAGES))),
        terms=terms,
        options=_options,
        presences=_presences(),
        cycles=[(each.value, each.value) for each in Cycle],
        subject_labels=[*_labels(data["subjects"]), ""],
        meant=suggestions(" ".join(data["subjects"])) if "subjects" in {each.field for each in wrong} else (),
        copied_from=visits.copied_from(launch),
    )


def _course(launch: Launch) -> Course | None:
    """Return the course as the platform described it when it was read last."""
    with tools().storage.reading() as work:
        record = next(work.assessments.of_course(launch.platform, launch.place.course), None)
    return record.course if record else None


def _options(list_name: str) -> list[tuple[str, str]]:
    """Return the concepts of an EU list to choose from, by label."""
    return sorted(((each.code, each.label) for each in terms(list_name)), key=lambda option: option[1].casefold())


def _presences() -> list[tuple[str, str]]:
    return [
        (Presence.ON_SITE, gettext("on site")),
        (Presence.ONLINE, gettext("online")),
        (Presence.NONE, gettext("nobody watched")),
    ]


def _labels(codes: Iterable[str]) -> Iterator[str]:
    known = {each.code: each.label for each in terms("isced-f")}
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
    return Wrong(name, problem.sentence)


def _shown(forecasts: tuple[Forecast, ...]) -> Forecast | None:
    """Return the learner whose credential is shown: the one asked for, else the first who gets one."""
    ready = [each for each in forecasts if each.ready is not None]
    wished = request.args.get("learner", "")
    return next((each for each in ready if each.record.learner.id == wished), ready[0] if ready else None)


def _language() -> str:
    wished = request.args.get("language", "")
    return wished if re.fullmatch(r"[a-z]{2,3}", wished) else current()


def _draft(launch: Launch) -> Draft:
    with tools().storage.reading() as work:
        draft = work.drafts.get(launch.platform, launch.place.course)
    if draft is None:
        abort(404)
    return draft


def _institution() -> Issuer | None:
    """Return the institution that awards: the profile that was stated last."""
    with tools().storage.reading() as work:
        return next(iter(work.drafts.institutions()), None)


def _cannot(launch: Launch, words: str) -> str:
    return render_template("teacher/cannot.html", launch=launch, sentence=words)


def _enabling() -> EnablingTools:
    return EnablingTools(tools().storage, tools().connect, tools().clock)


def _place(launch: Launch) -> Place:
    return Place(launch.platform, launch.place.course)
