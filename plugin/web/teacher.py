"""After enabling: one list with everybody's state and reason, and what only a person decides.

Every id in an address is looked up together with the course of the launch: what belongs to another course is as
unknown as what does not exist.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from lti.claims import Launch
from plugin import offering
from plugin.offering import OfferingTools
from plugin.storage.awards import State
from plugin.storage.class_lists import Line, Wanted
from plugin.storage.deliveries import HandOver, Outcome
from plugin.storage.profiles import Offer
from plugin.web import teacher_setup, visits
from plugin.web.reasons import STATES, sentence
from plugin.web.telling import told
from plugin.web.tools import tools

blueprint = Blueprint("teacher", __name__)
_A_PAGE = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@blueprint.get("/teach/<launch_id>")
def home(launch_id: str) -> str:
    """Show the list, or the form to enable a credential where none was enabled yet."""
    launch = visits.teacher(launch_id)
    offer = offer_of(launch)
    return teacher_setup.setup(launch_id) if offer is None else _list(launch, offer)


def offer_of(launch: Launch) -> Offer | None:
    """Return the offer of the course that was made last, None where there is none."""
    with tools().storage.reading() as work:
        return next(reversed(work.offers.of_course(launch.platform, launch.place.course)), None)


def offer_or_404(launch: Launch) -> Offer:
    """Return the offer of the course."""
    offer = offer_of(launch)
    if offer is None:
        abort(404)
    return offer


def _list(launch: Launch, offer: Offer) -> str:
    wanted = _wanted(offer)
    page = max(request.args.get("page", 1, type=int), 1)
    with tools().storage.reading() as work:
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        found = work.class_lists.count(wanted)
        lines = tuple(work.class_lists.lines(wanted, limit=_A_PAGE, offset=(page - 1) * _A_PAGE))
        hand_overs = work.deliveries.of([line.credential_id for line in lines])
        counts = work.awards.counts(offer.id)
        cases = work.cases.undecided(offer.id)
        objections = work.holdings.unanswered(offer.id)
    return render_template(
        "teacher/list.html",
        launch=launch,
        offer=offer,
        profile=profile,
        wanted=wanted,
        lines=lines,
        found=found,
        page=page,
        pages=max(-(-found // _A_PAGE), 1),
        counts=counts,
        states=STATES,
        hand_overs=hand_overs,
        told=told,
        cases=cases,
        objections=objections,
        sentence=sentence,
    )


def _wanted(offer: Offer) -> Wanted:
    state = request.args.get("state", "")
    words = request.args.get("words", "").strip()[:100]
    return Wanted(offer.id, words, State(state) if state in set(State) else None)


@blueprint.get("/teach/<launch_id>/list.csv")
def export(launch_id: str) -> Response:
    """Hand out the whole list for a spreadsheet."""
    launch = visits.teacher(launch_id)
    offer = offer_or_404(launch)
    with tools().storage.reading() as work:
        lines = tuple(work.class_lists.lines(Wanted(offer.id)))
        hand_overs = work.deliveries.of([line.credential_id for line in lines if line.credential_id])
    answer = Response(_csv(lines, hand_overs), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="micro-credentials.csv"'
    return answer


def _csv(lines: Iterable[Line], hand_overs: Mapping[str, tuple[HandOver, ...]]) -> str:
    """Write CSV that spreadsheets read as UTF-8 and whose cells none of them takes for a formula."""
    text = io.StringIO("\ufeff", newline="")
    text.seek(1)
    writer = csv.writer(text)
    writer.writerow(("learner", "name", "state", "since", "reasons", "credential", "told"))
    for line in lines:
        reasons = " ".join(reason.sentence for reason in line.reasons)
        said = " ".join(_told_cell(each) for each in hand_overs.get(line.credential_id, ()))
        cells = (line.learner, line.name, line.state, line.moved_at.isoformat(), reasons, line.credential_id, said)
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in map(str, cells)])
    return text.getvalue()


def _told_cell(hand_over: HandOver) -> str:
    """Return a hand-over for a machine: ``ready:mail:sent``, ``ready:mail:failed:recipient_refused``."""
    parcel, outcome = hand_over.parcel, hand_over.outcome or Outcome.PERHAPS
    return ":".join(filter(None, (parcel.notice, parcel.channel, outcome, hand_over.error)))


@blueprint.post("/teach/<launch_id>/pause")
def pause(launch_id: str) -> Answer:
    """Award nothing more for now."""
    launch = visits.teacher(launch_id)
    offering.pause(_offering(), offer_or_404(launch), by=visits.name(launch))
    return redirect(url_for("teacher.home", launch_id=launch_id), code=303)


@blueprint.post("/teach/<launch_id>/resume")
def resume(launch_id: str) -> Answer:
    """Award again."""
    launch = visits.teacher(launch_id)
    offering.resume(_offering(), offer_or_404(launch), by=visits.name(launch))
    return redirect(url_for("teacher.home", launch_id=launch_id), code=303)


def _offering() -> OfferingTools:
    return OfferingTools(tools().storage, tools().clock)
