"""What happens in a course after sealing: what a change leads to, and on which channels learners are told.

Both are shown with what they come to in this very course before they are kept, in the name of who sets them.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from lti.claims import Launch
from plugin import offering
from plugin.notices import Choice
from plugin.offering import OfferingTools
from plugin.storage.awards import ISSUED, State
from plugin.storage.cases import Remedy
from plugin.storage.profiles import ASK
from plugin.web import visits
from plugin.web.languages import lazy_gettext
from plugin.web.schemas import FormSchema, read_form
from plugin.web.teacher import offer_or_404
from plugin.web.tools import tools

blueprint = Blueprint("rules", __name__)
CORRECTIONS = {
    ASK: lazy_gettext("ask a person about each change"),
    Remedy.SUPERSEDE.value: lazy_gettext("replace the credential by a corrected one, without asking"),
    Remedy.KEEP.value: lazy_gettext("leave the credential as it is, without asking"),
}
AS_INSTITUTION = "institution"
"""Stands in the form for the empty choice: no choice of the course's own."""
NOTICES = {
    AS_INSTITUTION: lazy_gettext("as the institution chose"),
    Choice.AUTO.value: lazy_gettext("a message in the platform; where that does not reach the person, a mail"),
    Choice.LMS.value: lazy_gettext("a message in the platform only"),
    Choice.MAIL.value: lazy_gettext("a mail only"),
    Choice.BOTH.value: lazy_gettext("a message in the platform and a mail"),
    Choice.PAGE.value: lazy_gettext("not at all: learners look at their page"),
}


class RulesForm(FormSchema):
    """What happens after sealing."""

    correction = fields.String(required=True, validate=validate.OneOf(list(CORRECTIONS)))
    notices = fields.String(required=True, validate=validate.OneOf(list(NOTICES)))


@blueprint.get("/teach/<launch_id>/rules")
def show(launch_id: str) -> str:
    """Show what holds now."""
    return _page(visits.teacher(launch_id))


@blueprint.post("/teach/<launch_id>/rules")
def choose(launch_id: str) -> Response | tuple[str, int] | str:
    """Show what the choice comes to; keep it once that is confirmed."""
    launch = visits.teacher(launch_id)
    form = read_form(RulesForm)
    if form is None:
        return _page(launch), 422
    if "confirmed" not in request.form:
        return _page(launch, form)
    notices = "" if form["notices"] == AS_INSTITUTION else form["notices"]
    offering.set_rules(
        OfferingTools(tools().storage, tools().clock),
        offer_or_404(launch),
        correction=form["correction"],
        notices=notices,
        by=visits.name(launch),
    )
    return redirect(url_for("rules.show", launch_id=launch_id, kept="yes"), code=303)


def _page(launch: Launch, form: dict[str, Any] | None = None) -> str:
    offer = offer_or_404(launch)
    with tools().storage.reading() as work:
        counts = work.awards.counts(offer.id)
        waiting = len(work.cases.undecided(offer.id))
    now = {"correction": offer.rule.correction, "notices": offer.notices or AS_INSTITUTION}
    return render_template(
        "teacher/rules.html",
        launch=launch,
        offer=offer,
        now=now,
        form=form,
        corrections=CORRECTIONS,
        notices=NOTICES,
        in_force=sum(counts.get(state, 0) for state in ISSUED),
        untold=counts.get(State.SEALED, 0),
        waiting=waiting,
        kept="kept" in request.args,
    )
