"""The pages of a learner: what is earned, what is on the way and why not yet, sharing, objecting, keeping access.

The same pages serve a launch from the platform and, under ``/mine/kept``, somebody who came by a recovery link and
may have no account at the platform any more.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from mappings.documents.badge_picture import MEDIA_TYPES, PictureKind, badge_picture
from mappings.documents.envelope import Format
from plugin import sharing
from plugin.errors import UnknownRow
from plugin.portrait import of_credential
from plugin.sharing import SharingTools
from plugin.storage.awards import OPEN
from plugin.storage.holdings import Holding
from plugin.storage.sharing import Holder
from plugin.web import visits
from plugin.web.languages import current
from plugin.web.reasons import sentence
from plugin.web.scanning import code_of
from plugin.web.schemas import ReasonForm, ShareForm, read_form
from plugin.web.tools import public_address, tools
from plugin.web.verdicts import of_standing

blueprint = Blueprint("learner", __name__)
_EXTENSIONS = {Format.ELM: "jsonld", Format.OPEN_BADGES: "json", Format.OPEN_BADGES_JWT: "jwt", Format.SD_JWT_VC: "txt"}


@blueprint.get("/mine/<key>")
def mine(key: str) -> str:
    """Show everything of this person."""
    holder, now = visits.holder(key), tools().clock()
    with tools().storage.reading() as work:
        holdings = work.holdings.of(holder)
        earned = {each.credential_id: each for each in holdings if each.credential_id}
        standings = work.holdings.standings(earned)
        objections = work.holdings.objections(tuple(each.award_id for each in holdings))
        shared = work.shares.open_to(earned, now)
    return render_template(
        "learner/mine.html",
        key=key,
        earned=earned.values(),
        coming=[each for each in holdings if each.state in OPEN],
        verdicts={name: of_standing(each, now) for name, each in standings.items()},
        shared=shared,
        objections=objections,
        sentence=sentence,
        mailed=public_address(url_for("recovery.ask")) if tools().ask_for_link else "",
    )


@blueprint.get("/mine/<key>/credential/<credential_id>")
def credential(key: str, credential_id: str) -> str:
    """Show one credential with its files and its share link."""
    holder = visits.holder(key)
    with tools().storage.reading() as work:
        own = work.holdings.credential(holder, credential_id)
        if own is None or own.credential is None:
            abort(404)
        standing = work.holdings.standing(credential_id)
        links = work.shares.of_credential(credential_id)
        forms = [each.format for each in work.credentials.documents(credential_id)]
    if standing is None:
        abort(404)
    now = tools().clock()
    ends = standing.valid_until
    return render_template(
        "learner/credential.html",
        key=key,
        own=own,
        portrait=of_credential(own.credential, current(), valid_until=f"{ends:%Y-%m-%d}" if ends else ""),
        verdict=of_standing(standing, now),
        now=now,
        link=next((each for each in links if each.is_open(now)), None),
        address=public_address,
        code_of=code_of,
        views=sum(each.views for each in links),
        formats=forms,
    )


@blueprint.get("/mine/<key>/credential/<credential_id>/file/<form>")
def file(key: str, credential_id: str, form: str) -> Response:
    """Hand out the sealed bytes exactly as they are stored."""
    holder = visits.holder(key)
    if form not in set(Format):
        abort(404)
    with tools().storage.reading() as work:
        own = work.holdings.credential(holder, credential_id)
        sealed = work.credentials.document(credential_id, Format(form)) if own else None
    if sealed is None:
        abort(404)
    return _download(sealed.body, sealed.media_type, f"{credential_id}.{_EXTENSIONS[sealed.format]}")


@blueprint.get("/mine/<key>/credential/<credential_id>/picture/<kind>")
def picture(key: str, credential_id: str, kind: str) -> Response:
    """Hand out the certificate as a picture that holds the sealed Open Badge."""
    holder = visits.holder(key)
    if kind not in set(PictureKind):
        abort(404)
    with tools().storage.reading() as work:
        own = work.holdings.credential(holder, credential_id)
        badge = work.credentials.document(credential_id, Format.OPEN_BADGES) if own else None
        reserved = work.credentials.get(credential_id) if badge else None
    if badge is None or reserved is None:
        abort(404)
    drawn = badge_picture(PictureKind(kind), reserved.credential, reserved.envelope, badge.body)
    return _download(drawn, MEDIA_TYPES[PictureKind(kind)], f"{credential_id}.{kind}")


@blueprint.post("/mine/<key>/credential/<credential_id>/share")
def share(key: str, credential_id: str) -> Answer:
    """Open a share link."""
    holder = visits.holder(key)
    form = read_form(ShareForm)
    if form is None:
        abort(400)
    try:
        sharing.share(_sharing(), holder, credential_id, form["days"] or None)
    except UnknownRow:
        abort(404)
    return _back_to(key, credential_id)


@blueprint.post("/mine/<key>/credential/<credential_id>/unshare")
def unshare(key: str, credential_id: str) -> Answer:
    """Close the share link."""
    holder = visits.holder(key)
    try:
        sharing.unshare(_sharing(), holder, credential_id)
    except UnknownRow:
        abort(404)
    return _back_to(key, credential_id)


@blueprint.get("/mine/<key>/objection/<award_id>")
def objection(key: str, award_id: str) -> str:
    """Show the form to object to one award or its absence."""
    return render_template("learner/objection.html", key=key, own=_award(visits.holder(key), award_id))


@blueprint.post("/mine/<key>/objection/<award_id>")
def send_objection(key: str, award_id: str) -> Answer | tuple[str, int]:
    """Keep an objection."""
    holder = visits.holder(key)
    own = _award(holder, award_id)
    form = read_form(ReasonForm)
    if form is None:
        return render_template("learner/objection.html", key=key, own=own, nothing=True), 422
    sharing.object_to(_sharing(), holder, award_id, form["reason"].strip())
    return redirect(url_for("learner.mine", key=key), code=303)


@blueprint.post("/mine/<key>/recovery")
def make_recovery(key: str) -> str:
    """Show the recovery link, this once."""
    token = sharing.recovery(_sharing(), visits.holder(key))
    link = public_address(url_for("recovery.arrive", token=token))
    return render_template("learner/recovery.html", key=key, link=link)


def _download(body: bytes, media_type: str, name: str) -> Response:
    answer = Response(body, content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="micro-credential-{name}"'
    return answer


def _sharing() -> SharingTools:
    return SharingTools(tools().storage, tools().clock)


def _award(holder: Holder, award_id: str) -> Holding:
    with tools().storage.reading() as work:
        own = work.holdings.award(holder, award_id)
    if own is None:
        abort(404)
    return own


def _back_to(key: str, credential_id: str) -> Answer:
    return redirect(url_for("learner.credential", key=key, credential_id=credential_id, _anchor="share"), code=303)
