"""Approving several learners of a course together, where an award waits for nothing but a person's approval."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from lti.claims import Launch
from plugin import approving
from plugin.approving import ApprovingTools
from plugin.errors import BridgeError
from plugin.storage.awards import AwardRow, State
from plugin.storage.profiles import Offer
from plugin.web import confirming, visits
from plugin.web.languages import gettext
from plugin.web.reasons import is_approval_only
from plugin.web.schemas import ReasonForm, read_form
from plugin.web.teacher import class_list, name_of, offer_or_404
from plugin.web.tools import tools

blueprint = Blueprint("several", __name__)
_MOST = 50
"""Awards of one form: a page of the list."""


@blueprint.post("/teach/<launch_id>/approve")
def approve(launch_id: str) -> Response | tuple[str, int] | str:
    """Name those who were ticked; release their awards once that is confirmed."""
    launch = visits.teacher(launch_id)
    chosen, form = _chosen(launch), read_form(ReasonForm)
    if not chosen or form is None:
        return class_list(launch, offer_or_404(launch), gettext("Tick at least one learner, and write a reason.")), 422
    waiting = url_for("teacher.home", launch_id=launch_id, only=State.HELD)
    if not confirming.is_confirmed():
        fields = [("reason", form["reason"]), *(("award", each.id) for each in chosen)]
        return confirming.ask(launch, confirming.approving_all(_names(chosen)), back=waiting, fields=fields)
    for each in chosen:
        with suppress(BridgeError):  # decided by somebody else meanwhile: it stays on the list, or is off it
            acting = ApprovingTools(tools().storage, tools().clock)
            approving.release(acting, each.id, by=visits.name(launch), reason=form["reason"])
    return redirect(waiting, code=303)


def _chosen(launch: Launch) -> tuple[AwardRow, ...]:
    """Return the awards that were ticked and may be approved together; whatever else was sent is left out."""
    offer = offer_or_404(launch)
    with tools().storage.reading() as work:
        found = work.awards.get_all(request.form.getlist("award")[:_MOST])
    return tuple(each for each in found if _may_be_approved(each, offer))


def _may_be_approved(award: AwardRow, offer: Offer) -> bool:
    return award.offer_id == offer.id and award.state is State.HELD and is_approval_only(award.reasons)


def _names(chosen: Sequence[AwardRow]) -> tuple[str, ...]:
    with tools().storage.reading() as work:
        return tuple(sorted((name_of(work, each.id) for each in chosen), key=str.casefold))
