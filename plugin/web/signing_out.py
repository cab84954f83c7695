"""Signing out: what somebody who came by a launch has open, in every browser, and the end of it.

A platform tells nobody that it signed a person out, so its launches stay open for their hours; on a shared computer
that is too long. What was ended opens nothing more, whoever copied its cookie (OWASP ASVS 5.0.0, 7.4.1 and 7.4.4).
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask, make_response, render_template, request
from werkzeug.wrappers import Response as Answer

from lti.claims import Launch
from plugin.storage.sharing import Holder
from plugin.web import visits
from plugin.web.launching import SESSION
from plugin.web.limits import PUBLIC, limiter
from plugin.web.tools import tools

blueprint = Blueprint("signing_out", __name__)
EVERYWHERE = "everywhere"


def init_app(app: Flask) -> None:
    """Register the page, and let every page lead there while something is open."""
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"may_sign_out": visits.is_known()})


@blueprint.get("/sign-out")
@limiter.limit(PUBLIC)
def ask() -> str:
    """Show what is open, here and elsewhere."""
    here = visits.held()
    elsewhere = tuple(each for each in _of_the_same_people(here) if each.id not in {held.id for held in here})
    return render_template("lti/sign_out.html", here=here, elsewhere=elsewhere, holder=visits.held_holder())


@blueprint.post("/sign-out")
@limiter.limit(PUBLIC)
def sign_out() -> Answer:
    """End what is open in this browser, or in all, and have this one forget what it was shown."""
    here, everywhere = visits.held(), request.form.get("where") == EVERYWHERE
    for each in {*here, *(_of_the_same_people(here) if everywhere else ())}:
        tools().launches.end(each.id)
    visits.forget()
    answer = make_response(render_template("lti/signed_out.html", everywhere=everywhere, may_sign_out=False))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _of_the_same_people(here: Iterable[Launch]) -> list[Launch]:
    """Return every launch that is still open of those who have launches here."""
    since = tools().clock() - SESSION
    with tools().storage.reading() as work:
        found = [
            launch
            for holder in {Holder(each.platform, each.person.id) for each in here}
            for launch in work.erasures.launches(holder)
        ]
    return sorted((each for each in found if each.launched_at > since), key=lambda each: each.launched_at)
