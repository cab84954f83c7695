"""Personal data: an administrator answers what one person asks for, and everybody reads what is kept.

A person is found by the platform and their id there, never by name or mail: whoever answers has the request at hand.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response as Answer

from mappings.assessment import LearnerId, PlatformId
from mappings.said import Said, say
from plugin import privacy
from plugin.errors import UnknownRow
from plugin.privacy import SURVIVES, PrivacyTools
from plugin.storage.retention import CLASSES
from plugin.storage.sharing import Holder
from plugin.web import visits
from plugin.web.administrators import administrator
from plugin.web.languages import gettext
from plugin.web.limits import PUBLIC, limiter
from plugin.web.schemas import FormSchema, ReasonForm, read_form

blueprint = Blueprint("personal", __name__)
_NAME = "microcred.personal"
KEPT: Mapping[str, Said] = {
    "assessments": say("readings of grades and completion"),
    "awards": say("decisions"),
    "cases": say("changes after sealing"),
    "contacts": say("addresses for notices"),
    "credentials": say("credentials"),
    "deliveries": say("notices, as an earlier release noted them"),
    "documents": say("sealed files"),
    "hand_overs": say("notices"),
    "known_people": say("ids of the same person at the platform"),
    "launches": say("launches of the tool"),
    "mailed_links": say("links sent by mail"),
    "objections": say("objections"),
    "outbox": say("work that waits"),
    "person_cases": say("questions whether two accounts are one person's"),
    "person_ids": say("accounts that were joined"),
    "person_marks": say("marks by which merged accounts are noticed"),
    "recovery_links": say("recovery links"),
    "recovery_requests": say("requests for a link by mail"),
    "session_records": say("records of supervised sittings"),
    "shares": say("share links"),
}
"""What the rows of each table are that may be about a person."""
TYPED = "ERASE"
"""What an administrator types to confirm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalTools:
    """What the pages work with. ``institution`` is the name of the institution, empty while none is known."""

    privacy: PrivacyTools
    institution: Callable[[], str]
    privacy_contact: str
    accessibility_contact: str


class PersonForm(FormSchema):
    """Who it is about."""

    platform = fields.String(required=True, validate=validate.Length(1, 255))
    learner = fields.String(required=True, validate=validate.Length(1, 255))


class EraseForm(PersonForm, ReasonForm):
    """Who is to be erased, why, and the word that confirms it."""

    typed = fields.String(required=True, validate=validate.Equal(TYPED))


def init_app(app: Flask, tools: PersonalTools) -> None:
    """Register the pages."""
    app.extensions[_NAME] = tools
    app.register_blueprint(blueprint)


@blueprint.get("/privacy")
@limiter.limit(PUBLIC)
def statement() -> str:
    """Tell everybody what is kept, for how long, and whom to ask."""
    tools = _tools()
    days = {name: span.days for name, span in tools.privacy.retention.items()}
    return render_template("public/privacy.html", tools=tools, institution=tools.institution(), days=days)


@blueprint.get("/accessibility")
@limiter.limit(PUBLIC)
def accessibility() -> str:
    """Tell everybody how accessible the pages are and whom to tell about barriers."""
    return render_template("public/accessibility.html", tools=_tools(), institution=_tools().institution())


@blueprint.get("/mine/<key>/kept")
def own(key: str) -> Answer:
    """Hand a learner everything that is kept about them."""
    return _exported(visits.holder(key))


@blueprint.get("/admin/person")
def person() -> str:
    """Look for one person, and show what is kept about them as numbers."""
    administrator()
    asked = PersonForm().validate(request.args.to_dict()) == {}
    holder = _holder(request.args.to_dict()) if asked else None
    found = privacy.preview(_tools().privacy, holder) if holder else None
    due = privacy.overdue(_tools().privacy)
    return render_template(
        "admin/person.html",
        holder=holder,
        found=found,
        kept=KEPT,
        survives=SURVIVES,
        typed=TYPED,
        due=due,
        classes=CLASSES,
    )


@blueprint.post("/admin/person/export")
def export() -> Answer:
    """Hand out everything that is kept about one person."""
    name, form = administrator(), read_form(PersonForm)
    if form is None:
        abort(400)
    answer = _exported(_holder(form))
    privacy.note_export(_tools().privacy, name)
    return answer


@blueprint.post("/admin/person/erase")
def erase() -> Answer:
    """Erase one person, after the word was typed."""
    name, form = administrator(), read_form(EraseForm)
    if form is None:
        flash(gettext("Nothing was erased: a reason and the word are needed."))
        platform, learner = (request.form.get(name, "")[:255] for name in ("platform", "learner"))
        return redirect(url_for("personal.person", platform=platform, learner=learner), code=303)
    try:
        count = privacy.erase(_tools().privacy, _holder(form), by=name, reason=form["reason"])
        flash(gettext("Erased. %(count)s credential(s) stay valid in their hands.", count=count))
    except UnknownRow:
        flash(gettext("Nothing is kept about this person."))
    return redirect(url_for("personal.person"), code=303)


def _holder(form: dict[str, str]) -> Holder:
    return Holder(PlatformId(form["platform"]), LearnerId(form["learner"]))


def _exported(holder: Holder) -> Answer:
    try:
        archive = privacy.export(_tools().privacy, holder)
    except UnknownRow:
        abort(404)
    answer = send_file(io.BytesIO(archive), "application/zip", as_attachment=True, download_name="kept-about-me.zip")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _tools() -> PersonalTools:
    return cast(PersonalTools, current_app.extensions[_NAME])
