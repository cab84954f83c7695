"""Accounts that seem to be one person's: an administrator looks, sees what joining would do, and decides with a reason.

What is joined is not taken apart again, so the word is typed; that two accounts are two people can be said at any time
before. Names are shown for the two accounts that are looked at, because nobody could decide about numbers.
"""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response as Answer

from mappings.assessment import LearnerId, PlatformId
from plugin import merging
from plugin.errors import CannotBeJoined
from plugin.merging import Becomes, Fate, MergingTools, Pair
from plugin.storage.people import Evidence
from plugin.web.administrators import administrator
from plugin.web.languages import gettext, lazy_gettext
from plugin.web.reasons import STATES
from plugin.web.schemas import FormSchema, ReasonForm, read_form

blueprint = Blueprint("same_people", __name__, url_prefix="/admin/people")
_NAME = "microcred.same_people"
TYPED = "JOIN"
"""What an administrator types to confirm."""
_EVIDENCE = {
    Evidence.STUDENT_NUMBER: lazy_gettext("the same student number"),
    Evidence.CONTACT: lazy_gettext("the same name and mail address"),
    Evidence.WORK: lazy_gettext("the same name and the very same submissions"),
    Evidence.ACCOUNT: lazy_gettext("one account at the platform, under two ids"),
}
_CANNOT = lazy_gettext(
    "These two cannot be joined: they are one person already, or nothing was ever looked at for the account that goes."
)
_BECOMES = {
    Becomes.STAYS: lazy_gettext("stays as it is"),
    Becomes.CLOSED: lazy_gettext("is closed: the person has the credential by the other account"),
    Becomes.ENDS: lazy_gettext("ends as replaced: both accounts hold a credential of the same achievement"),
}


class PairForm(FormSchema):
    """Two accounts of one platform; the new one is kept."""

    platform = fields.String(required=True, validate=validate.Length(1, 255))
    old = fields.String(required=True, validate=validate.Length(1, 255))
    new = fields.String(required=True, validate=validate.Length(1, 255))


class ApartForm(PairForm, ReasonForm):
    """That they are two people, and why."""


class JoinForm(ApartForm):
    """That they are one person, why, and the word that confirms it."""

    typed = fields.String(required=True, validate=validate.Equal(TYPED))


def init_app(app: Flask, tools: MergingTools) -> None:
    """Register the pages."""
    app.extensions[_NAME] = tools
    app.register_blueprint(blueprint)


@blueprint.get("/")
def alike() -> str:
    """List the accounts at which nobody has looked; of two that are named show what joining them would do."""
    administrator()
    asked = request.args.to_dict()
    pair = _pair(asked) if PairForm().validate(asked) == {} else None
    with _tools().storage.reading() as work:
        cases = work.people.undecided()
    fates, cannot = _preview(pair) if pair else ((), False)
    shown = {"evidence": _EVIDENCE, "becomes": _BECOMES, "states": STATES, "typed": TYPED, "names": _names(pair)}
    return render_template(
        "admin/same_people.html", cases=cases, pair=pair, fates=fates, cannot=_CANNOT if cannot else "", **shown
    )


@blueprint.post("/join")
def join() -> Answer:
    """Join two accounts, after the word was typed."""
    name, form = administrator(), read_form(JoinForm)
    if form is None:
        return _again(gettext("Nothing was joined: a reason and the word are needed."))
    try:
        merging.merge(_tools(), _pair(form), by=name, reason=form["reason"])
    except CannotBeJoined:
        return _again(str(_CANNOT))
    flash(gettext("Joined: the two accounts are one person from now on."))
    return redirect(url_for("same_people.alike"), code=303)


@blueprint.post("/apart")
def apart() -> Answer:
    """Keep that two accounts are two people."""
    name, form = administrator(), read_form(ApartForm)
    if form is None:
        return _again(gettext("Nothing was kept: a reason is needed."))
    try:
        merging.part(_tools(), _pair(form), by=name, reason=form["reason"])
    except CannotBeJoined:
        return _again(gettext("They were joined already."))
    flash(gettext("Kept: two people. What waits because of it can be released in the course."))
    return redirect(url_for("same_people.alike"), code=303)


def _preview(pair: Pair) -> tuple[tuple[Fate, ...], bool]:
    """Return what joining would do, and whether it cannot be done."""
    try:
        return merging.preview(_tools(), pair), False
    except CannotBeJoined:
        return (), True


def _again(said: str) -> Answer:
    """Return to the two accounts that were looked at."""
    asked = PairForm().load(request.form.to_dict()) if PairForm().validate(request.form.to_dict()) == {} else None
    if asked is None:
        abort(400)
    flash(said)
    return redirect(url_for("same_people.alike", **asked), code=303)


def _names(pair: Pair | None) -> dict[LearnerId, str]:
    """Return what the platform called the two accounts when they were read last."""
    if pair is None:
        return {}
    with _tools().storage.reading() as work:
        awards = work.kinships.of_people(pair.platform, (pair.old, pair.new))
        records = [work.assessments.get(each.platform, each.course, each.learner) for each in awards]
    return {each.learner.id: each.learner.full_name for each in records if each is not None}


def _pair(form: dict[str, str]) -> Pair:
    return Pair(PlatformId(form["platform"]), LearnerId(form["old"]), LearnerId(form["new"]))


def _tools() -> MergingTools:
    return cast(MergingTools, current_app.extensions[_NAME])
