"""``/notices/<token>``: muting notices that a credential is ready, by one click of a mail program or of a person.

RFC 8058: a mail program posts ``List-Unsubscribe=One-Click`` without cookies and expects an answer, not a redirect.
Following the link changes nothing, because scanners of mail do. Whoever has the token can mute and unmute these
notices and nothing else; that a credential was corrected or revoked is told in any case.
"""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from plugin.storage.contacts import Contact
from plugin.web.limits import PUBLIC, limiter
from plugin.web.tools import tools

blueprint = Blueprint("notices", __name__)


@blueprint.get("/notices/<token>")
@limiter.limit(PUBLIC)
def notices(token: str) -> str:
    """Show whether notices are muted, and the button to change that."""
    return _page(token, _contact(token))


@blueprint.post("/notices/<token>")
@limiter.limit(PUBLIC)
def mute(token: str) -> str:
    """Mute, or unmute where the form says so."""
    _contact(token)
    now = None if request.form.get("again") else tools().clock()
    with tools().storage.begin() as work:
        work.contacts.mute(token, now)
    return _page(token, _contact(token))


def _contact(token: str) -> Contact:
    with tools().storage.reading() as work:
        contact = work.contacts.muting(token)
    if contact is None:
        abort(404)
    return contact


def _page(token: str, contact: Contact) -> str:
    return render_template("public/notices.html", token=token, muted=contact.muted)
