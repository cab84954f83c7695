"""What a teacher decides about one award: approve, refuse, revoke, correct, answer an objection.

Whatever cannot be taken back is first shown with its consequences and then confirmed: a form without ``confirmed``
changes nothing. Nothing here deletes a credential.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from lti.claims import Launch
from plugin import approving
from plugin.approving import ApprovingTools
from plugin.errors import BridgeError, UnknownRow
from plugin.portrait import of_credential
from plugin.storage.awards import ISSUED, AwardRow, State
from plugin.storage.cases import Case, Remedy
from plugin.verdict import Ready
from plugin.web import confirming, visits
from plugin.web.confirming import Consequences, Shown
from plugin.web.evaluation import words
from plugin.web.languages import current, gettext
from plugin.web.reasons import STATES, sentence
from plugin.web.schemas import ReasonForm, RemedyForm, read_form
from plugin.web.teacher import name_of
from plugin.web.telling import told
from plugin.web.tools import tools

blueprint = Blueprint("deciding", __name__)


@blueprint.get("/teach/<launch_id>/award/<award_id>")
def award(launch_id: str, award_id: str) -> str:
    """Show one award with everything that can be decided about it."""
    return _page(visits.teacher(launch_id), award_id)


@blueprint.post("/teach/<launch_id>/award/<award_id>/approve")
def approve(launch_id: str, award_id: str) -> Response | tuple[str, int] | str:
    """Show what would be sealed; release an award that waits for a person once that is confirmed."""
    return _confirmed_or_ask(launch_id, award_id, approving.release, _approving_one)


@blueprint.post("/teach/<launch_id>/award/<award_id>/refuse")
def refuse(launch_id: str, award_id: str) -> Response | tuple[str, int]:
    """Refuse an award that waits for a person."""
    return _decide(launch_id, award_id, approving.refuse)


@blueprint.post("/teach/<launch_id>/award/<award_id>/revoke")
def revoke(launch_id: str, award_id: str) -> Response | tuple[str, int] | str:
    """Show what revoking comes to; revoke once that is confirmed."""
    return _confirmed_or_ask(launch_id, award_id, approving.revoke, _revoking_one)


@blueprint.post("/teach/<launch_id>/case/<case_id>")
def decide_case(launch_id: str, case_id: str) -> Response | tuple[str, int] | str:
    """Decide what becomes of a credential after a change; superseding and revoking are confirmed first."""
    launch = visits.teacher(launch_id)
    case = _own_case(launch, case_id)
    form = read_form(RemedyForm)
    if form is None:
        return _page(launch, case.award_id, problem=_reason_needed()), 422
    chosen = Remedy(form["remedy"])
    if chosen is not Remedy.KEEP and not confirming.is_confirmed():
        what = _replacing_one if chosen is Remedy.SUPERSEDE else _revoking_one
        return _ask(launch, case.award_id, form, *what(_own_award(launch, case.award_id)))
    try:
        approving.decide_case(_approving(), case_id, chosen, by=visits.name(launch), reason=form["reason"])
    except BridgeError:
        return _page(launch, case.award_id, problem=_not_any_more()), 409
    return redirect(url_for("deciding.award", launch_id=launch_id, award_id=case.award_id), code=303)


@blueprint.post("/teach/<launch_id>/objection/<objection_id>")
def answer(launch_id: str, objection_id: str) -> Response | tuple[str, int]:
    """Answer what a learner objected to."""
    launch = visits.teacher(launch_id)
    with tools().storage.reading() as work:
        objection = work.holdings.objection(objection_id)
    if objection is None:
        abort(404)
    _own_award(launch, objection.award_id)
    form = read_form(ReasonForm)
    if form is None:
        return _page(launch, objection.award_id, problem=_reason_needed()), 422
    with tools().storage.begin() as work:
        work.holdings.answer(objection_id, form["reason"], by=visits.name(launch), now=tools().clock())
    return redirect(url_for("deciding.award", launch_id=launch_id, award_id=objection.award_id), code=303)


def _confirmed_or_ask(
    launch_id: str, award_id: str, act: Callable[..., object], what: Callable[[AwardRow], tuple[Consequences, Shown]]
) -> Response | tuple[str, int] | str:
    """Do what was decided once it is confirmed; before that say what it comes to."""
    launch = visits.teacher(launch_id)
    own = _own_award(launch, award_id)
    form = read_form(ReasonForm)
    if form is None or confirming.is_confirmed():
        return _decide(launch_id, award_id, act)
    return _ask(launch, award_id, form, *what(own))


def _decide(launch_id: str, award_id: str, act: Callable[..., object]) -> Response | tuple[str, int]:
    """Do what was decided, in the teacher's name and with the reason that was written."""
    launch = visits.teacher(launch_id)
    _own_award(launch, award_id)
    form = read_form(ReasonForm)
    if form is None:
        return _page(launch, award_id, problem=_reason_needed()), 422
    try:
        act(_approving(), award_id, by=visits.name(launch), reason=form["reason"])
    except BridgeError:
        return _page(launch, award_id, problem=_not_any_more()), 409
    return redirect(url_for("deciding.award", launch_id=launch_id, award_id=award_id), code=303)


def _page(launch: Launch, award_id: str, problem: str = "") -> str:
    own = _own_award(launch, award_id)
    with tools().storage.reading() as work:
        offer = work.offers.get(own.offer_id)
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        reserved = work.credentials.of_award(award_id)
        name = name_of(work, award_id)
        cases = [case for case in work.cases.undecided(own.offer_id) if case.award_id == award_id]
        objections = work.holdings.objections((award_id,))
        hand_overs = work.deliveries.of((reserved.envelope.id,)) if reserved else {}
    sealed = reserved if reserved and reserved.sealed_at else None
    return render_template(
        "teacher/award.html",
        launch=launch,
        award=own,
        profile=profile,
        name=name,
        portrait=of_credential(sealed.credential, current()) if sealed else None,
        provenance=sealed.credential if sealed else None,
        source=words,
        waits=own.state is State.HELD,
        issued=own.state in ISSUED,
        states=STATES,
        hand_overs=[each for row in hand_overs.values() for each in row],
        told=told,
        cases=cases,
        foreseen=_foreseen(own) if cases or own.state is State.HELD else Shown(),
        objections=objections,
        sentence=sentence,
        problem=problem,
    )


def _ask(launch: Launch, award_id: str, form: dict[str, str], what: Consequences, shown: Shown) -> str:
    back = url_for("deciding.award", launch_id=launch.id, award_id=award_id)
    return confirming.ask(launch, what, back=back, fields=tuple(form.items()), shown=shown)


def _approving_one(own: AwardRow) -> tuple[Consequences, Shown]:
    return confirming.approving(_name(own)), _foreseen(own)


def _revoking_one(own: AwardRow) -> tuple[Consequences, Shown]:
    return confirming.revoking(_name(own), shared=_is_shared(own)), Shown()


def _replacing_one(own: AwardRow) -> tuple[Consequences, Shown]:
    return confirming.replacing(_name(own), shared=_is_shared(own)), _foreseen(own)


def _foreseen(own: AwardRow) -> Shown:
    """Return what is sealed now beside what would be sealed instead, as far as the course was read."""
    verdict = approving.foresee(_approving(), own.id)
    with tools().storage.reading() as work:
        reserved = work.credentials.of_award(own.id)
        offer = work.offers.get(own.offer_id)
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
    old = of_credential(reserved.credential, current()) if reserved and reserved.sealed_at else None
    if isinstance(verdict, Ready):
        return Shown(of_credential(verdict.credential, current()), old)
    return Shown(old=old, waits=tuple(sentence(each, profile) for each in verdict.reasons) if verdict else ())


def _is_shared(own: AwardRow) -> bool:
    with tools().storage.reading() as work:
        reserved = work.credentials.of_award(own.id)
        links = work.shares.of_credential(reserved.envelope.id) if reserved else ()
    return any(link.is_open(tools().clock()) for link in links)


def _name(own: AwardRow) -> str:
    with tools().storage.reading() as work:
        return name_of(work, own.id)


def _own_award(launch: Launch, award_id: str) -> AwardRow:
    """Return an award of this very course; another's is not found."""
    with tools().storage.reading() as work:
        try:
            found = work.awards.get(award_id)
        except UnknownRow:
            abort(404)
    if (found.platform, found.course) != (launch.platform, launch.place.course):
        abort(404)
    return found


def _own_case(launch: Launch, case_id: str) -> Case:
    with tools().storage.reading() as work:
        try:
            case = work.cases.get(case_id)
        except UnknownRow:
            abort(404)
    _own_award(launch, case.award_id)
    return case


def _reason_needed() -> str:
    return gettext("Write a reason, in at most 2000 characters.")


def _not_any_more() -> str:
    return gettext("Nothing was done: it is not in that state any more, or the description lacks an element.")


def _approving() -> ApprovingTools:
    return ApprovingTools(tools().storage, tools().clock)
