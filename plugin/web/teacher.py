"""After enabling: one list with everybody's state and reason, and what only a person decides.

Every id in an address is looked up together with the course of the launch: what belongs to another course is as
unknown as what does not exist.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from lti.claims import Launch
from mappings.profile import CourseProfile
from plugin import offering
from plugin.offering import OfferingTools
from plugin.storage.awards import State
from plugin.storage.cases import Case
from plugin.storage.class_lists import Line, Wanted
from plugin.storage.deliveries import HandOver, Outcome
from plugin.storage.holdings import Objection
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import UnitOfWork
from plugin.web import confirming, teacher_setup, visits
from plugin.web.languages import gettext
from plugin.web.reasons import STATES, is_approval_only, sentence
from plugin.web.telling import told
from plugin.web.tools import tools

blueprint = Blueprint("teacher", __name__)
_A_PAGE = 50
_AT_ONCE, _AN_EXCERPT = 20, 120
"""Matters to decide that are shown together, and characters of an objection beside its link."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that waits for a decision about one learner."""

    award_id: str
    name: str
    kind: str
    words: str
    since: datetime


@blueprint.get("/teach/<launch_id>")
def home(launch_id: str) -> str:
    """Show the list, or the form to enable a credential where none was enabled yet."""
    launch = visits.teacher(launch_id)
    offer = offer_of(launch)
    return teacher_setup.setup(launch_id) if offer is None else class_list(launch, offer)


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


def class_list(launch: Launch, offer: Offer, problem: str = "") -> str:
    """Return the list as it was asked for: by state and words, page by page."""
    wanted = _wanted(offer)
    page = max(request.args.get("page", 1, type=int), 1)
    with tools().storage.reading() as work:
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        found = work.class_lists.count(wanted)
        lines = tuple(work.class_lists.lines(wanted, limit=_A_PAGE, offset=(page - 1) * _A_PAGE))
        hand_overs = work.deliveries.of([line.credential_id for line in lines])
        counts = work.awards.counts(offer.id)
        cases, objections = work.cases.undecided(offer.id), work.holdings.unanswered(offer.id)
        matters = tuple(islice(_matters(work, profile, cases, objections), _AT_ONCE))
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
        held=counts.get(State.HELD, 0),
        matters=matters,
        more=len(cases) + len(objections) - len(matters),
        several=_approvable(lines) if wanted.state is State.HELD else (),
        ticked="all" in request.args,
        problem=problem,
        sentence=sentence,
    )


def _matters(
    work: UnitOfWork, profile: CourseProfile, cases: Iterable[Case], objections: Iterable[Objection]
) -> Iterator[Matter]:
    """Yield what a person has to decide one by one: corrections, then objections."""
    for case in cases:
        said = " ".join(sentence(reason, profile) for reason in case.reasons)
        words = said or gettext("Something changed after it was sealed.")
        yield Matter(case.award_id, name_of(work, case.award_id), gettext("correction"), words, case.opened_at)
    for each in objections:
        words = each.text if len(each.text) <= _AN_EXCERPT else f"{each.text[:_AN_EXCERPT]}…"
        yield Matter(each.award_id, name_of(work, each.award_id), gettext("objection"), words, each.created_at)


def name_of(work: UnitOfWork, award_id: str) -> str:
    """Return the name of whose award it is, their id where the platform withholds names."""
    award = work.awards.get(award_id)
    record = work.assessments.get(award.platform, award.course, award.learner)
    return (record.learner.full_name if record else "") or award.learner


def _approvable(lines: Iterable[Line]) -> tuple[str, ...]:
    """Return the awards of ``lines`` that may be approved together."""
    return tuple(line.award_id for line in lines if is_approval_only(line.reasons))


def _wanted(offer: Offer) -> Wanted:
    state = request.args.get("only", "")
    words = request.args.get("words", "").strip()[:100]
    return Wanted(offer.id, words, State(state) if state in set(State) else None)


@blueprint.get("/teach/<launch_id>/list.csv")
def export(launch_id: str) -> Response:
    """Hand out the whole list for a spreadsheet."""
    launch = visits.teacher(launch_id)
    offer = offer_or_404(launch)
    with tools().storage.reading() as work:
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        lines = tuple(work.class_lists.lines(Wanted(offer.id)))
        hand_overs = work.deliveries.of([line.credential_id for line in lines if line.credential_id])
    answer = Response(_csv(lines, hand_overs, profile), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="micro-credentials.csv"'
    return answer


def _csv(lines: Iterable[Line], hand_overs: Mapping[str, tuple[HandOver, ...]], profile: CourseProfile) -> str:
    """Write CSV that spreadsheets read as UTF-8 and whose cells none of them takes for a formula.

    States are codes, to be counted by; reasons are sentences in the language of the page.
    """
    text = io.StringIO("\ufeff", newline="")
    text.seek(1)
    writer = csv.writer(text)
    writer.writerow(("learner", "name", "state", "since", "reasons", "credential", "told"))
    for line in lines:
        reasons = " ".join(sentence(reason, profile) for reason in line.reasons)
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
def resume(launch_id: str) -> Answer | str:
    """Show what awarding again comes to; award again once that is confirmed."""
    launch = visits.teacher(launch_id)
    if not confirming.is_confirmed():
        with tools().storage.reading() as work:
            counts = work.awards.counts(offer_or_404(launch).id)
        earned = sum(counts.get(state, 0) for state in (State.ELIGIBLE, State.RESERVED))
        home = url_for("teacher.home", launch_id=launch_id)
        return confirming.ask(launch, confirming.resuming(earned), back=home)
    offering.resume(_offering(), offer_or_404(launch), by=visits.name(launch))
    return redirect(url_for("teacher.home", launch_id=launch_id), code=303)


def _offering() -> OfferingTools:
    return OfferingTools(tools().storage, tools().clock)
