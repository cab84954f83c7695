"""The dry run: what enabling now would come to, for the class in numbers and for one learner as the credential itself.

The class is read by a job (:mod:`plugin.class_reading`). As long as it runs the page shows how far it is: it renews
itself, without a script by the browser, with one by asking for the numbers only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from lti.claims import Launch
from lti.errors import Fault, PlatformError
from mappings.assessment import LearnerId
from mappings.describe import gaps
from mappings.profile import CourseProfile, Issuer
from plugin import class_reading, enabling
from plugin.enabling import Forecast
from plugin.errors import UnknownRow
from plugin.portrait import of_credential
from plugin.storage.awards import ISSUED, State
from plugin.storage.class_readings import ClassReading, Stage
from plugin.storage.unit_of_work import UnitOfWork
from plugin.web import visits
from plugin.web.languages import current, gettext, ngettext
from plugin.web.reasons import sentence
from plugin.web.spoken import names
from plugin.web.teacher_setup import cannot, class_tools, draft_or_404, institution
from plugin.web.tools import tools

blueprint = Blueprint("dry_run", __name__)
_A_PAGE = 50
_LATE = 60
"""Seconds after which a job that did not begin is worth a word to the operator."""


@blueprint.get("/teach/<launch_id>/preview")
def preview(launch_id: str) -> Response | str:
    """Show what enabling would come to, or how far the reading of the class is."""
    launch = visits.teacher(launch_id)
    draft, issuer = draft_or_404(launch), institution()
    if issuer is None:
        return cannot(launch, gettext("The institution has not stated its own profile yet; its IT can."))
    try:
        reading = class_reading.wanted(class_tools(), launch.platform, launch.place.course)
    except UnknownRow:
        return cannot(launch, gettext("The institution's IT has not connected this platform for reading yet."))
    if reading.stage is not Stage.DONE:
        return _progress(launch, reading)
    return _forecast(launch, draft.profile, issuer)


@blueprint.get("/teach/<launch_id>/reading")
def progress(launch_id: str) -> Response:
    """Tell how far the reading is, for the script of the page."""
    launch = visits.teacher(launch_id)
    with tools().storage.reading() as work:
        reading = work.class_readings.get(launch.platform, launch.place.course)
    stage, done, total = (reading.stage, reading.done, reading.total) if reading else (Stage.CANCELLED, 0, 0)
    answer = jsonify(stage=stage, done=done, total=total, words=_words(done, total))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/teach/<launch_id>/reading")
def read_again(launch_id: str) -> Answer:
    """Read the class again, after a fault or a stop, or because much has happened since."""
    launch = visits.teacher(launch_id)
    draft_or_404(launch)
    class_reading.begin(class_tools(), launch.platform, launch.place.course)
    return redirect(url_for("dry_run.preview", launch_id=launch_id), code=303)


@blueprint.post("/teach/<launch_id>/reading/stop")
def stop(launch_id: str) -> Answer:
    """Read no further."""
    launch = visits.teacher(launch_id)
    class_reading.stop(class_tools(), launch.platform, launch.place.course)
    return redirect(url_for("dry_run.preview", launch_id=launch_id), code=303)


def _progress(launch: Launch, reading: ClassReading) -> Response:
    waits = (tools().clock() - reading.requested_at).total_seconds()
    page = render_template(
        "teacher/reading.html",
        launch=launch,
        reading=reading,
        stage=reading.stage.value,
        words=_words(reading.done, reading.total),
        late=reading.stage is Stage.WAITING and waits > _LATE,
        fault=gettext(PlatformError(Fault(reading.error), "").sentence) if reading.stage is Stage.FAILED else "",
    )
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _words(done: int, total: int) -> str:
    if not total:
        return gettext("The class is about to be read.")
    return gettext("%(done)s of %(total)s learners are read.", done=done, total=total)


def _forecast(launch: Launch, profile: CourseProfile, issuer: Issuer) -> str:
    now = tools().clock().replace(microsecond=0)
    with tools().storage.reading() as work:
        records = class_reading.everybody(work, launch.platform, launch.place.course)
        reading = work.class_readings.get(launch.platform, launch.place.course)
        owners = _owners(work, launch)
    forecasts = enabling.forecast(records, profile, issuer, now)
    page = max(request.args.get("page", 1, type=int), 1)
    return render_template(
        "teacher/preview.html",
        launch=launch,
        profile=profile,
        read_at=reading.finished_at if reading else None,
        missing=gaps(profile, issuer, now),
        parts=_parts(forecasts, owners),
        owners=owners,
        language_name=lambda tag: names((tag,), current()),
        forecasts=forecasts[(page - 1) * _A_PAGE : page * _A_PAGE],
        page=page,
        pages=-(-len(forecasts) // _A_PAGE),
        shown=_shown(forecasts),
        language=_language(),
        portrait=of_credential,
        sentence=sentence,
    )


def _owners(work: UnitOfWork, launch: Launch) -> frozenset[LearnerId]:
    """Return who has the credential of the course already: enabling again takes nothing from them."""
    offers = work.offers.of_course(launch.platform, launch.place.course)
    awards = (award for offer in offers for state in ISSUED for award in work.awards.of_offer(offer.id, state))
    return frozenset(award.learner for award in awards)


def _parts(forecasts: tuple[Forecast, ...], owners: frozenset[LearnerId]) -> Iterator[str]:
    """Yield how many there are of each kind, in words."""
    others = [each.state for each in forecasts if each.record.learner.id not in owners]
    if owners:
        num = len(forecasts) - len(others)
        yield ngettext("%(num)s has it already", "%(num)s have it already", num)
    yield ngettext("%(num)s gets it", "%(num)s get it", others.count(State.ELIGIBLE))
    yield ngettext("%(num)s does not", "%(num)s do not", others.count(State.WITHHELD))
    yield ngettext("%(num)s waits for a person", "%(num)s wait for a person", others.count(State.HELD))


def _shown(forecasts: tuple[Forecast, ...]) -> Forecast | None:
    """Return the learner whose credential is shown: the one asked for, else the first who gets one."""
    ready = [each for each in forecasts if each.ready is not None]
    wished = request.args.get("learner", "")
    return next((each for each in ready if each.record.learner.id == wished), ready[0] if ready else None)


def _language() -> str:
    wished = request.args.get("language", "")
    return wished if re.fullmatch(r"[a-z]{2,3}", wished) else current()
